"""A morph is of two people, is found as a face, and is nearer to both than they are to each other."""

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.evaluation.dataset import middle_face, read_picture
from authsvc.evaluation.rates import Rate
from devtools.laboratory.morphs import Met, Portrayed, morph, rates_of

pytestmark = pytest.mark.requirement("S8.1-03")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def portrayed(file: Path, engine: Engine) -> Portrayed:
    found = read_picture(file, engine)
    assert found is not None
    return Portrayed(found[0], found[1].astype(np.float64))


def features(engine: Engine, one: Portrayed) -> np.ndarray:
    found = engine.features([one.photo], [one.landmarks.astype(np.float32)], mirrored=[True])[0]
    return np.asarray(found / np.linalg.norm(found))


@pytest.mark.needs("photos")
def test_a_morph_is_nearer_to_both_than_they_are_to_each_other(photos: Path, engine: Engine) -> None:
    one, other = (portrayed(photos / name / "01.jpg", engine) for name in ("obama", "biden"))
    mixed = morph(one, other)
    assert mixed.shape == one.photo.shape
    landmarks = middle_face(mixed, engine)
    assert landmarks is not None
    first, second = features(engine, one), features(engine, other)
    between = features(engine, Portrayed(mixed, landmarks.astype(np.float64)))
    assert min(between @ first, between @ second) > first @ second + 0.1


@pytest.mark.needs("photos")
def test_of_nobody_else_it_is_oneself(photos: Path, engine: Engine) -> None:
    one, other = (portrayed(photos / name / "01.jpg", engine) for name in ("obama", "biden"))
    same = morph(one, other, share=0.0)
    assert np.abs(same.astype(int) - one.photo).mean() < 2


def test_lips_that_are_closed_are_no_obstacle() -> None:
    grey = np.full((80, 80, 3), 128, np.uint8)
    places = np.random.default_rng(1).uniform(20, 60, (68, 2))
    places[61] = places[67]
    closed = Portrayed(grey, places)
    assert (morph(closed, closed) == 128).all()


def test_a_morph_counts_where_both_match_it() -> None:
    met = [Met(0.6, 0.7, (0.9, 0.8)), Met(0.6, 0.2, (0.9, 0.4)), Met(0.1, 0.2, (0.9, 0.8))]
    (rates,) = rates_of(met, [0.5])
    assert (rates.both, rates.either, rates.alone) == (Rate(1, 3), Rate(2, 3), Rate(5, 6))
    assert rates_of([], [0.5])[0].both == Rate(0, 0)


@pytest.mark.needs("photos")
def test_the_command_makes_each_ones_morph_and_counts_who_passes(photos: Path, tmp_path: Path) -> None:
    """Three people, one of whom has no second photograph and is left out."""
    shown = {"one": ("obama/01", "obama/02"), "other": ("biden/01", "biden/01"), "alone": ("hopper/01",)}
    for name, sources in shown.items():
        (tmp_path / name).mkdir()
        for number, source in enumerate(sources):
            (tmp_path / name / f"{number}.jpg").symlink_to(photos / f"{source}.jpg")
    out = StringIO()
    call_command("evaluate-morphs", tmp_path, stdout=out)
    said = out.getvalue()
    assert "2 morphs of 2 people" in said
    assert re.search(r"\| 1e-3 \| \d of 2 .* \| \d of 2 .* \| 4 of 4 ", said), said
    with pytest.raises(CommandError, match="too few people"):
        call_command("evaluate-morphs", tmp_path, among=2)
