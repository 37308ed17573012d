"""The unified quality score is fitted to what fails to match, on faults that are made for it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.types import Image
from authsvc.evaluation import degradation
from authsvc.evaluation.degradation import FAULTS, degraded
from authsvc.evaluation.quality_prediction import (
    COPIES,
    NAMES,
    Rated,
    as_text,
    predict,
    read_rated,
)

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
    changed = np.clip(fault(picture, 60.0, np.random.default_rng(1)), 0, 255)
    same = cv2.resize(changed.astype(np.float32), (240, 200), interpolation=cv2.INTER_LINEAR)
    assert np.abs(same - picture).mean() > 3
    monkeypatch.setattr(degradation, "FAULTS", (fault, fault))
    found = degraded(picture, 60.0, np.random.default_rng(1))
    assert found.dtype == np.uint8
    assert found.shape[2:] == (3,)


@pytest.mark.needs("photos")
def test_a_photograph_is_rated_with_its_copies(photos: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "people"
    (dataset / "one").mkdir(parents=True)
    for number in range(3):
        content = (photos / "obama" / "01.jpg").read_bytes()
        (dataset / "one" / f"{number}.jpg").write_bytes(content)
    read = lambda: list(read_rated(dataset, load_engine(), cache=tmp_path, progress=lambda *_: None))  # noqa: E731
    (rated,) = read()
    assert sorted(rated.pictures[~rated.faulty]) == [0, 1, 2]
    assert set(rated.pictures[rated.faulty]) <= {0, 1, 2}
    assert 1 <= np.count_nonzero(rated.faulty) <= 3 * COPIES  # Not in every one a face is found.
    assert len(rated.vectors) == len(rated.components) == len(rated.pictures)
    assert np.array_equal(read()[0].vectors, rated.vectors)


def test_the_same_seed_makes_the_same_fault(picture: Image) -> None:
    one, other, third = (degraded(picture, 60.0, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(one, other)
    assert one.shape != third.shape or not np.array_equal(one, third)
