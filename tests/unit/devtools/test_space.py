"""T07: how many challenges the judge tells apart, on answers of the software phone's head."""

from pathlib import Path
from typing import Any

import pytest

from authsvc.biometrics.challenges import WHITE, Part, draw_challenge, variety
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.types import Challenge, Step
from devtools.laboratory.space import Share, Space, measure, one_changed
from tests.campaign import sampled
from tests.unit.devtools.test_attacks import subject

ASKED = (
    Step("centre", 500, colour=WHITE),
    Step("left", 400, 22, "#00ff00"),
    Step("left", 900, 22, "#0000ff", least=400),
    Step("up", 400, 15, "#00ff00"),
    Step("up", 900, 15, "#ffff00", least=400),
)
TURN: tuple[Part, ...] = ("turn",)
BOTH: tuple[Part, ...] = ("turn", "light")
NEVER, SELDOM = Share(0, 400, 40), Share(20, 400, 40)


def test_what_differs_in_one_could_be_drawn_as_well() -> None:
    found = list(one_changed(Challenge("", ASKED)))
    for name, other in found:
        cues = [index for index, step in enumerate(other.steps) if step.cue != ASKED[index].cue]
        colours = [index for index, step in enumerate(other.steps) if step.colour != ASKED[index].colour]
        assert (len(cues), len(colours)) == ((2, 0) if name == "movement" else (0, 1))
        assert {"left", "right"} & {step.cue for step in other.steps}
    # To the first one: right alone, or no turn to a side is left. To the second: anything but left.
    assert sum(name == "movement" for name, _ in found) == 1 + 4
    # None that a neighbour has, where white is no colour to be drawn.
    assert sum(name == "colour" for name, _ in found) == 4 + 4 + 3 + 4


def test_what_passes_for_another_one_makes_the_space_smaller() -> None:
    whole, less = (Space(BOTH, 40, 40, share, NEVER, NEVER) for share in (NEVER, SELDOM))
    assert 2**whole.bits == pytest.approx(variety(BOTH))
    assert 2**less.bits == pytest.approx(variety(BOTH) / 1.25**3)
    assert whole.least_bits < less.least_bits + 10
    assert whole.least_bits < whole.bits < 22
    assert whole.bits >= 20


def test_few_answers_promise_little() -> None:
    few, many = (Space(TURN, n, n, Share(0, 20 * n, n), Share(0, 0, 0), NEVER) for n in (3, 300))
    assert few.least_bits < many.least_bits < few.bits == many.bits


@pytest.mark.needs("photos")
@pytest.mark.requirement("S9.2-04", "S8.1-02")
@pytest.mark.parametrize("mix", sampled({"turn": TURN, "turn and light": BOTH}, "turn"))
def test_t07_the_judge_tells_movements_apart(
    photos: Path, size: Any, mix: tuple[Part, ...], record_property: Any
) -> None:
    engine = load_engine()
    people = [subject(photos / name / "01.jpg", engine) for name in ("obama", "biden")]
    space = measure(people, mix, range(size("answers", sample=3, whole=60)), engine, seed=7)
    record_property("bits", round(space.bits, 1))
    record_property("least bits", round(space.least_bits, 1))
    record_property("pairs", f"{space.pairs.passed} of {space.pairs.tries}")
    assert space.drawn >= space.asked * 0.6
    assert space.movements.value <= 0.1
    assert space.colours.value <= 0.05
    assert space.pairs.value <= 0.02
    assert space.all_bits >= len(draw_challenge(mix=mix).steps)
