"""Challenges: their parts, limits and unpredictability."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from authsvc.biometrics.challenges import COLOURS, LIGHT_MS, MOVEMENTS, Part, draw_challenge, variety
from tests.campaign import Size

SEEDS = range(50)
TURN_ALONE: tuple[Part, ...] = ("turn",)


@pytest.mark.parametrize("seed", SEEDS)
def test_turn_starts_and_ends_at_the_neutral_with_a_turn_to_a_side(seed: int) -> None:
    steps = draw_challenge(mix=TURN_ALONE, rng=random.Random(seed)).steps
    cues = [step.cue for step in steps]
    assert cues[0] == cues[-1] == "centre"
    assert len(cues) == 6
    assert all(20 <= (step.degrees or 0) <= 30 for step in steps if step.cue in ("left", "right"))
    assert {"left", "right"} & set(cues)
    assert all(a != b for a, b in pairwise(cues))
    assert 4000 <= sum(step.ms for step in steps) <= 6250


@pytest.mark.requirement("S8.1-02")
def test_a_recorded_answer_seldom_fits_the_next_challenge(size: Size) -> None:
    drawn = size("challenges", sample=3000, whole=100_000)
    orders = Counter(tuple(s.cue for s in draw_challenge(mix=TURN_ALONE).steps) for _ in range(drawn))
    likeliest = orders.most_common(1)[0][1] / drawn
    assert likeliest < 0.01
    assert sum((n / drawn) ** 2 for n in orders.values()) < 0.0025
    assert 0.95 * variety(TURN_ALONE) <= len(orders) <= variety(TURN_ALONE) == 642


def test_light_changes_at_less_than_two_hertz_and_never_repeats() -> None:
    steps = [s for s in draw_challenge(mix=("turn", "light")).steps if s.cue == "light"]
    assert all(step.ms == LIGHT_MS >= 500 and step.colour in COLOURS for step in steps)
    assert all(a.colour != b.colour for a, b in pairwise(steps))


@pytest.mark.requirement("S9.2-04")
def test_t07_turn_and_light_together_are_thirty_times_as_many_as_two_movements_and_four_colours() -> None:
    assert variety(("turn", "light")) == 114 * 3750 >= 30 * 18 * 750
    for seed in SEEDS:
        steps = draw_challenge(mix=("turn", "light"), rng=random.Random(seed)).steps
        assert sum(step.ms for step in steps) <= 7700
        assert sum(step.colour is not None for step in steps) == 5


@pytest.mark.parametrize("cue", ["blink", "smile"])
def test_expression_is_asked_for_once(cue: Part) -> None:
    cues = [step.cue for step in draw_challenge(mix=("turn", cue)).steps]
    assert cues.count(cue) == 1
    assert set(cues) & set(MOVEMENTS)


def test_nonces_differ_even_under_the_same_seed() -> None:
    first, second = (draw_challenge(mix=TURN_ALONE, rng=random.Random(3)) for _ in range(2))
    assert first.steps == second.steps
    assert first.nonce != second.nonce
    assert len(first.nonce) == 43


def test_empty_mix_is_refused() -> None:
    with pytest.raises(ValueError, match="part"):
        draw_challenge(mix=())
