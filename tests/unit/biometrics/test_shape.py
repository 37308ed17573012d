"""The head's shape, fitted over a burst: people of every build have one, what photographs lie on has not."""

import numpy as np
import pytest

from authsvc.biometrics.stages.pad.fusion import VETO, likelihood_ratio
from authsvc.biometrics.stages.pad.observation import Observation
from authsvc.biometrics.stages.pad.shape import scores, shape
from authsvc.biometrics.types import Step
from devtools.laboratory.attacks.script import answer

from .synthetic import HEADS, THINGS, TURN, landmarks, plan_of

BACK = Step("centre", 900)
STILL = (Step("centre", 1000), Step("smile", 1400), BACK)
NEARER = (Step("centre", 1000), Step("right", 1400, 20), Step("nearer", 1400), Step("down", 1400, 15), BACK)
SEEDS = range(4)
BLANK = np.zeros((480, 640, 3), np.uint8)


def observation(
    kind: str, *, asked: tuple[Step, ...] = TURN, noise: float = 0.4, seed: int = 1
) -> Observation:
    """Return what is seen of a head or a thing that answers, its landmarks off by so many pixels.

    A thing is turned further than was asked, so that it looks as far turned.
    """
    rng, plan, over = np.random.default_rng(seed), plan_of(asked), 1.8 if kind in THINGS else 1.0
    times = np.arange(80.0, plan[-1].end, 240.0)
    seen = [
        landmarks(kind, yaw=over * view.yaw, pitch=over * view.pitch, nearer=-view.shift[2])
        for view in answer(plan, times, rng)
    ]
    marks = np.array(seen) + rng.normal(0, noise, (len(seen), 68, 2))
    return Observation((BLANK,) * len(times), marks, times, plan, np.ones((1, 1)), 1.0)


def refused_by(kind: str, seed: int, asked: tuple[Step, ...] = TURN) -> set[str]:
    """Return the signals of the shape that refuse alone."""
    found = scores(observation(kind, asked=asked, seed=seed), None)
    return {name for name, score in found.items() if likelihood_ratio(name, score) <= VETO}


@pytest.mark.requirement("S8.1-01", "S9.2-04")
@pytest.mark.parametrize("kind", ["head", "long-nosed", *HEADS])
def test_heads_of_every_build_have_a_heads_depth(kind: str) -> None:
    for seed in SEEDS:
        found = shape(observation(kind, seed=seed))
        assert found is not None
        assert refused_by(kind, seed) == set(), found


@pytest.mark.requirement("S8.1-01")
@pytest.mark.parametrize("kind", sorted(THINGS.keys() - {"flat"}))
@pytest.mark.parametrize("asked", [TURN, NEARER], ids=["turns", "turn and nearer"])
def test_what_a_photograph_lies_on_has_not(kind: str, asked: tuple[Step, ...]) -> None:
    assert all("depth" in refused_by(kind, seed, asked=asked) for seed in SEEDS)


def test_each_part_of_a_head_is_missed_by_itself() -> None:
    """A sheet has no nose, layers do not bend back to the sides, and a nose alone makes no features."""
    assert refused_by("bent", 1) >= {"nose", "features"}
    assert refused_by("layered", 1) >= {"cheeks", "features"}
    assert "nose" not in refused_by("free-nosed", 1)


def test_parts_are_measured_over_an_average_heads() -> None:
    found = [shape(observation(kind, noise=0.05)) for kind in ("head", "pressed", "high-nosed")]
    head, pressed, high = (one for one in found if one is not None)
    assert (head.nose, head.cheeks, head.hollow, head.features) == pytest.approx((1, 1, 1, 1), abs=0.1)
    assert pressed.depth == pytest.approx(1 / 3, abs=0.1)
    assert high.nose > head.nose + 0.1


def test_a_head_that_hardly_turns_says_nothing() -> None:
    assert shape(observation("head", asked=STILL)) is None
    assert scores(observation("head", asked=STILL), None) == {}


def test_a_sheet_says_nothing_or_is_flat() -> None:
    """It looks as if it hardly turned, which misses the cues."""
    told = [found for seed in SEEDS if (found := shape(observation("flat", seed=seed)))]
    assert told
    assert all(found.depth == pytest.approx(0, abs=0.15) for found in told)
