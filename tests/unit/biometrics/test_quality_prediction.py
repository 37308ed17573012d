"""The unified quality score is fitted to what fails to match, on faults that are made for it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from authsvc.biometrics.evaluation import degradation
from authsvc.biometrics.evaluation.degradation import FAULTS, degraded
from authsvc.biometrics.evaluation.quality_prediction import (
    NAMES,
    Rated,
    as_text,
    predict,
)
from authsvc.biometrics.types import Image

RNG = np.random.default_rng(5)
SHARPNESS = NAMES.index("Sharpness")


def person(number: int, *, blurred: float) -> Rated:
    """Return four photographs of a person with a faulty copy each; what is blurred looks like anyone."""
    face = RNG.normal(size=64)
    sharp = face + 0.3 * RNG.normal(size=(4, 64))
    loss = RNG.uniform(0, 1, size=4) < blurred
    copies = np.where(loss[:, None], RNG.normal(size=(4, 64)), sharp + 0.1 * RNG.normal(size=(4, 64)))
    vectors = np.concatenate([sharp, copies])
    measured = np.full((8, len(NAMES)), 90.0) + RNG.normal(0, 5, (8, len(NAMES)))
    measured[4:, SHARPNESS] = np.where(loss, 15.0, 85.0) + RNG.normal(0, 5, 4)
    return Rated(
        f"person {number}",
        (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        measured,
        np.tile(np.arange(4), 2),
        np.repeat([False, True], 4),
    )


def test_the_fit_finds_what_predicts_a_false_non_match() -> None:
    found = predict([person(number, blurred=0.4) for number in range(60)])
    others = [
        weight for name, weight in found.weights.items() if name not in ("Sharpness", "SingleFacePresent")
    ]
    assert found.weights["Sharpness"] > 2 * max(others)
    shares = {share: fitted for share, _, fitted in found.curve}
    assert shares[0.0] == pytest.approx(found.misses / found.pictures)
    assert shares[0.2] < 0.3 * shares[0.0]
    assert '"Sharpness": ' in as_text(found)


def test_a_copy_is_not_compared_with_its_own_photograph() -> None:
    """Where no photograph of a person is like another, a copy that is like its own fails as well."""
    people = []
    for number in range(40):
        photographs = RNG.normal(size=(4, 512))
        unit = (photographs / np.linalg.norm(photographs, axis=1, keepdims=True)).astype(np.float32)
        people.append(replace(person(number, blurred=0.0), vectors=np.tile(unit, (2, 1))))
    found = predict(people)
    assert found.misses > 0.99 * found.pictures


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(ValueError, match="no false non-match"):
        predict([person(number, blurred=0.0) for number in range(40)])


@pytest.fixture
def picture() -> Image:
    y, x = np.mgrid[0:200, 0:240]
    waves = np.stack([np.sin(x / 7), np.cos(y / 5), np.sin((x + y) / 3)], axis=-1)
    return (waves * 90 + 120).astype(np.uint8)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_leaves_a_picture(
    fault: degradation.Change, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(degradation, "FAULTS", (fault, fault))
    found = degraded(picture, 60.0, np.random.default_rng(1))
    assert found.dtype == np.uint8
    assert found.shape[2:] == (3,)
    same = cv2.resize(found, (240, 200), interpolation=cv2.INTER_LINEAR).astype(float)
    assert np.abs(same - picture).mean() > 3


def test_the_same_seed_makes_the_same_fault(picture: Image) -> None:
    one, other, third = (degraded(picture, 60.0, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(one, other)
    assert one.shape != third.shape or not np.array_equal(one, third)
