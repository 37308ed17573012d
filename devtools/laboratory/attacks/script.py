"""How people answer a challenge: late, imprecise, trembling; the movement that genuine and attack bursts
share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.challenges import FRAMES
from authsvc.biometrics.stages.pad.observation import DISTANCES, TURNS, PlannedCue

from .scene import View

Array = NDArray[np.float64]

FRAMES_PER_SECOND: Final = float(FRAMES["fps"])
_DISPLAY_GAMMA: Final = 2.2


@dataclass(frozen=True, slots=True)
class Manner:
    """One person's way: seconds of delay and of movement, share of the asked size, degrees of tremor."""

    delay: float
    duration: float
    size: float
    tremor: float
    screen: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, size: tuple[float, float] = (0.85, 1.2)) -> Manner:
        """Draws a manner from the range that people show, moving by this share of what is asked."""
        delay, duration, tremor, screen = rng.uniform((0.2, 0.3, 0.3, 0.15), (0.5, 0.6, 0.9, 0.4))
        return cls(delay, duration, rng.uniform(*size), tremor, screen)


def frame_times(plan: Sequence[PlannedCue], rng: np.random.Generator) -> Array:
    """Returns the milliseconds at which a camera of FRAMES_PER_SECOND gives frames over the whole plan."""
    period = 1000 / FRAMES_PER_SECOND
    times = np.arange(rng.uniform(30, period), plan[-1].end, period)
    return np.asarray(times + rng.uniform(-8, 8, len(times)))


def answer(
    plan: Sequence[PlannedCue], times: Array, rng: np.random.Generator, manner: Manner | None = None
) -> list[View]:
    """Returns one view a frame of somebody who follows the plan in their own manner."""
    way = manner or Manner.drawn(rng)
    yaw, pitch, nearer = (_course(plan, times, way, axis) for axis in range(3))
    slow = _sway(times, rng, way.tremor)
    eyes, mouth = _eyelids(plan, times, way, rng), _held(plan, "smile", times, way)
    return [
        View(
            yaw=yaw[i] + slow[i, 0],
            pitch=pitch[i] + slow[i, 1] + 0.08 * yaw[i] * np.sign(way.size - 1),
            roll=0.1 * yaw[i] + slow[i, 2],
            shift=(2 * slow[i, 3], 2 * slow[i, 4], nearer[i] + 3 * slow[i, 5]),
            eyelids=eyes[i],
            smile=mouth[i],
            screen=_screen(plan, times[i], way),
        )
        for i in range(len(times))
    ]


def _course(plan: Sequence[PlannedCue], times: Array, way: Manner, axis: int) -> Array:
    course, previous = np.zeros(len(times)), 0.0
    for step in plan:
        target = _target(step, axis) * way.size
        ramp = np.clip((times - step.start - 1000 * way.delay) / (1000 * way.duration), 0, 1)
        course += (3 * ramp**2 - 2 * ramp**3) * (target - previous)
        previous = target
    return course


def _target(step: PlannedCue, axis: int) -> float:
    if step.cue in TURNS and axis < 2:
        return TURNS[step.cue][axis] * step.degrees
    if step.cue in DISTANCES and axis == 2:
        return -85.0 if step.cue == "nearer" else 105.0
    return 0.0


def _sway(times: Array, rng: np.random.Generator, tremor: float) -> Array:
    rates, phases = rng.uniform(0.15, 0.7, 6), rng.uniform(0, 2 * np.pi, 6)
    wave = np.sin(2 * np.pi * rates * times[:, None] / 1000 + phases)
    start = np.sin(phases)
    return np.asarray(tremor * (0.8 * (wave - start) + 0.3 * rng.standard_normal((len(times), 6))))


def _held(plan: Sequence[PlannedCue], cue: str, times: Array, way: Manner) -> Array:
    shown = np.zeros(len(times))
    for step in plan:
        if step.cue == cue:
            since = times - step.start - 1000 * way.delay
            shown = np.maximum(shown, np.clip(since / 250, 0, 1) * (times < step.end + 300))
    return shown


def _eyelids(plan: Sequence[PlannedCue], times: Array, way: Manner, rng: np.random.Generator) -> Array:
    closed = (rng.random(len(times)) < 0.03).astype(float)
    for step in plan:
        if step.cue == "blink":
            middle = step.start + 1000 * way.delay + 250
            # The camera is slow beside a blink; the page asks for eyes held shut for half a second.
            closed = np.maximum(closed, (np.abs(times - middle) < 300).astype(float))
    return closed


def _screen(plan: Sequence[PlannedCue], time: float, way: Manner) -> tuple[float, float, float]:
    shown = next((s.colour for s in plan if s.colour and s.start + 60 <= time < s.end + 60), None)
    red, green, blue = (part**_DISPLAY_GAMMA for part in shown or (0.0, 0.0, 0.0))
    return way.screen * red, way.screen * green, way.screen * blue
