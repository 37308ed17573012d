"""Challenges: their parts, limits and unpredictability."""

import random
from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest

from authsvc.biometrics.challenges import COLOURS, LIGHT_MS, MOVEMENTS, WHITE, Part, draw_challenge, variety
from tests.campaign import Size

SEEDS = range(50)
TURN_ALONE: tuple[Part, ...] = ("turn",)
LIGHT_ALONE: tuple[Part, ...] = ("light",)
SWEPT: tuple[Part, ...] = ("turn", "light")


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


def test_light_on_a_still_head_changes_at_less_than_two_hertz_and_never_repeats() -> None:
    steps = [s for s in draw_challenge(mix=LIGHT_ALONE).steps if s.cue == "light"]
    assert all(step.ms == step.shortest == LIGHT_MS >= 500 and step.colour in COLOURS for step in steps)
    assert all(a.colour != b.colour for a, b in pairwise(steps))


def _series_of_four_hues() -> int:
    drawn = product(range(len(COLOURS)), repeat=6)
    return sum(len(set(hues)) >= 4 and all(a != b for a, b in pairwise(hues)) for hues in drawn)


@pytest.mark.requirement("S9.2-04", "S8.1-02")
def test_t07_turn_and_light_together_are_a_million_and_take_half_the_time() -> None:
    assert variety(SWEPT) == 114 * _series_of_four_hues() >= 2**20
    for seed in SEEDS:
        steps = draw_challenge(mix=SWEPT, rng=random.Random(seed)).steps
        assert 2600 <= sum(step.shortest for step in steps) <= 3100
        assert sum(step.ms for step in steps) <= 4500
        assert len({step.colour for step in steps}) >= 5


def test_movements_under_the_light_are_of_two_colours_each_and_end_when_followed() -> None:
    for seed in SEEDS:
        first, *moves = draw_challenge(mix=SWEPT, rng=random.Random(seed)).steps
        assert (first.cue, first.colour, first.least) == ("centre", WHITE, None)
        pairs = zip(moves[::2], moves[1::2], strict=True)
        assert all((a.cue, a.degrees) == (b.cue, b.degrees) for a, b in pairs)
        assert all(a.cue != b.cue for a, b in zip(moves[1::2], moves[2::2], strict=False))
        assert all(a.colour != b.colour for a, b in pairwise(moves))
        assert all(step.shortest == step.ms for step in moves[::2])
        assert all(step.shortest < step.ms for step in moves[1::2])


def test_no_region_flashes_more_than_three_times_in_any_second() -> None:
    """WCAG 2.2, 2.3.1: a flash is a pair of opposing changes of luminance, or of a saturated red.

    Whatever is drawn, and however soon each step is followed.
    """
    for seed in SEEDS:
        steps = draw_challenge(mix=SWEPT, rng=random.Random(seed)).steps
        changes = np.cumsum([step.shortest for step in steps])
        most = max(int(((changes >= at) & (changes < at + 1000)).sum()) for at in changes)
        assert most / 2 <= 1.5
        assert not any(saturated_red(step.colour) for step in steps if step.colour)


def saturated_red(colour: str) -> bool:
    """Return whether red is four fifths of a colour's light, as sRGB codes it (WCAG 2.2, "red flash")."""
    coded = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return bool(light[0] / light.sum() >= 0.8)


@pytest.mark.parametrize("cue", ["blink", "smile"])
def test_expression_beside_the_light_follows_a_head_that_is_back(cue: Part) -> None:
    steps = draw_challenge(mix=(*SWEPT, cue)).steps
    at = [step.cue for step in steps].index(cue)
    assert steps[at - 1].cue == steps[at + 1].cue == "centre"
    assert not any(step.colour for step in steps[at - 1 :])


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
