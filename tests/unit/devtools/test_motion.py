"""How the simulated person answers cues: in time, smoothly, and by the size asked."""

from typing import Any

import numpy as np
import pytest

from devtools.rendering.motion import HeadState, Performance

TURNS: list[dict[str, Any]] = [
    {"cue": "centre", "ms": 1000},
    {"cue": "left", "ms": 1500, "degrees": 25},
    {"cue": "up", "ms": 1500, "degrees": 15},
    {"cue": "nearer", "ms": 1500},
]
LIGHTS: list[dict[str, Any]] = [
    {"cue": "centre", "ms": 1000},
    {"cue": "light", "ms": 800, "colour": "#ff0000"},
    {"cue": "light", "ms": 800, "colour": "#0000ff"},
]


def course(steps: list[dict[str, Any]], seed: int, *, attentive: bool = True) -> list[HeadState]:
    performance = Performance(steps, np.random.default_rng(seed), attentive=attentive)
    return [performance.at(t) for t in np.arange(0, performance.duration, 20)]


@pytest.mark.parametrize("seed", range(5))
def test_each_cue_is_reached_before_its_end(seed: int) -> None:
    states = course(TURNS, seed)
    assert states[1000 // 20 - 1].yaw == pytest.approx(0, abs=1.5)
    assert states[2500 // 20 - 1].yaw == pytest.approx(26, abs=3)
    assert states[4000 // 20 - 1].pitch == pytest.approx(-16, abs=3)
    assert states[-1].nearer > 70


@pytest.mark.parametrize("seed", range(5))
def test_nobody_moves_before_a_human_reaction_time(seed: int) -> None:
    performance = Performance(TURNS, np.random.default_rng(seed))
    assert abs(performance.at(1000 + 190).yaw - performance.at(1000).yaw) < 1.0


def test_movement_is_smooth() -> None:
    yaw = np.array([state.yaw for state in course(TURNS, 1)])
    assert np.abs(np.diff(yaw)).max() < 6


def test_left_is_positive_and_right_negative() -> None:
    right = [{"cue": "right", "ms": 1500, "degrees": 20}]
    assert course(right, 1)[-1].yaw < -15


def test_an_inattentive_person_stays() -> None:
    assert max(abs(state.yaw) for state in course(TURNS, 1, attentive=False)) < 2


def test_a_blink_cue_closes_the_eyes_long_enough_for_one_frame_in_six_a_second() -> None:
    states = course([{"cue": "centre", "ms": 800}, {"cue": "blink", "ms": 1500}], 3)
    assert sum(state.blink > 0.9 for state in states[40:]) * 20 > 1000 / 6


def test_smiling_lasts_to_the_end_of_its_step() -> None:
    assert course([{"cue": "smile", "ms": 1500}], 3)[-1].smile > 0.95


def test_the_screens_light_comes_late_and_stays() -> None:
    performance = Performance(LIGHTS, np.random.default_rng(1))
    assert performance.at(1020).light == performance.at(900).light
    assert performance.at(1400).light == pytest.approx((1, 0, 0), abs=0.01)
    assert performance.at(2500).light == pytest.approx((0, 0, 1), abs=0.01)


def test_steps_are_told_by_time() -> None:
    performance = Performance(TURNS, np.random.default_rng(1))
    assert [performance.step_at(t) for t in (0, 999, 1000, 5499, 9999)] == [0, 0, 1, 3, 3]


def test_an_unknown_cue_is_an_error() -> None:
    with pytest.raises(ValueError, match="wink"):
        Performance([{"cue": "wink", "ms": 500}], np.random.default_rng(1))


MOVED: list[dict[str, Any]] = [
    {"cue": "centre", "ms": 500, "colour": "#ffffff"},
    {"cue": "left", "ms": 400, "degrees": 22, "colour": "#00ff00"},
    {"cue": "left", "ms": 2000, "degrees": 22, "colour": "#0000ff", "least": 100},
]


def test_a_step_ends_a_moment_after_the_head_has_followed_and_not_before() -> None:
    for seed in range(5):
        performance = Performance(MOVED, np.random.default_rng(seed))
        assert 1000 <= performance.duration < 1500 + 520
        assert performance.at(performance.duration - 100).yaw > 0.75 * 22
        assert performance.at(performance.duration - 300).yaw < 0.95 * 22


def test_for_who_does_not_follow_a_step_lasts_as_long_as_it_may() -> None:
    assert Performance(MOVED, np.random.default_rng(1), attentive=False).duration == 2900


def test_a_movement_goes_on_under_another_colour() -> None:
    performance = Performance(MOVED, np.random.default_rng(1))
    yaw = [performance.at(t).yaw for t in np.arange(0, performance.duration, 10)]
    assert min(np.diff(yaw)) > -0.5
    assert performance.at(850).light == pytest.approx((0, 1, 0), abs=0.01)
    assert performance.at(1090).light == pytest.approx((0, 0, 1), abs=0.05)
