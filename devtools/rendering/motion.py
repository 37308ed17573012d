"""What a person does when the page asks: reaction, smooth motion, blinks, tremor, and the screen's light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEARER_MM: Final = 95.0
FARTHER_MM: Final = -105.0
_PAGE_WHITE: Final = (0.55, 0.55, 0.55)
_REACTION_MS: Final = (200.0, 400.0)
_MOVE_MS: Final = (320.0, 520.0)
_DISPLAY_LATENCY_MS: Final = (35.0, 90.0)
_DISPLAY_RISE_MS: Final = 25.0
_DISPLAY_GAMMA: Final = 2.2
_CLOSED_MS: Final = 240.0
_LID_MS: Final = 70.0
_TRACKER_MS: Final = 100.0
_TICK_MS: Final = 33.3
_FOLLOWED: Final = 0.8
"""A page that follows the head: how late it is, how often it looks, and from which share of the way on a cue
counts as followed.
"""


@dataclass(frozen=True, slots=True)
class HeadState:
    """One moment of a head.

    Degrees from neutral (yaw to the person's own left, pitch down, roll clockwise), millimetres towards the
    camera, 0–1 for blink and smile, camera shake in pixels, screen light as RGB 0–1.
    """

    yaw: float
    pitch: float
    roll: float
    nearer: float
    blink: float
    smile: float
    shake: tuple[float, float]
    light: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Move:
    start: float
    length: float
    pose: Floats

    def followed(self, t: float) -> bool:
        """Return whether most of the way is done at `t` milliseconds."""
        return _min_jerk((t - self.start) / self.length) >= _FOLLOWED


class Performance:
    """A person's answer to the steps of a challenge (docs/protocol.md, section 3).

    `attentive` False stays still whatever is asked. Raises ValueError for an unknown cue.
    """

    def __init__(
        self, steps: Sequence[dict[str, Any]], rng: np.random.Generator, *, attentive: bool = True
    ) -> None:
        self.steps = steps
        self._moves: list[_Move] = []
        self._blinks: list[float] = []
        self._lights: list[tuple[float, Floats]] = [(-1e9, np.array(_PAGE_WHITE))]
        self._waves = rng.uniform((0.15, 0.0), (1.4, 2 * np.pi), size=(6, 3, 2))
        self.starts, before = [0.0], ""
        for step in steps:
            self._take(step, self.starts[-1], rng, attentive and step["cue"] != before)
            self.starts.append(self._end(step, self.starts[-1]))
            before = step["cue"]
        self._blink_by_itself(rng)

    @property
    def duration(self) -> float:
        """Milliseconds from the first cue to the end of the last."""
        return float(self.starts[-1])

    def step_at(self, t: float) -> int:
        """Return the index of the step whose cue is shown at `t` milliseconds."""
        return int(np.clip(np.searchsorted(self.starts, t, side="right") - 1, 0, len(self.steps) - 1))

    def at(self, t: float) -> HeadState:
        """Return the head at `t` milliseconds after the first cue was shown."""
        pose = np.zeros(4)
        for move in self._moves:
            pose = pose + (move.pose - pose) * _min_jerk((t - move.start) / move.length)
        yaw, pitch, nearer, smile = pose
        tremor = self._tremor(t)
        return HeadState(
            yaw=yaw + 0.5 * tremor[0],
            pitch=pitch + 0.4 * tremor[1],
            roll=0.4 * tremor[2] + 0.03 * yaw,
            nearer=nearer + 1.5 * tremor[3],
            blink=max((_lid(t - start) for start in self._blinks), default=0.0),
            smile=float(smile),
            shake=(1.1 * tremor[4], 1.1 * tremor[5]),
            light=self._light(t),
        )

    def _end(self, step: dict[str, Any], start: float) -> float:
        """Return when a step ends: as soon as a page that follows the head sees it there, if it may."""
        latest = start + float(step["ms"])
        t = start + float(step.get("least", step["ms"]))
        while t < latest and not any(move.followed(t - _TRACKER_MS) for move in self._moves[-1:]):
            t += _TICK_MS
        return min(t, latest)

    def _take(self, step: dict[str, Any], start: float, rng: np.random.Generator, attentive: bool) -> None:
        onset = start + rng.uniform(*_REACTION_MS)
        if step.get("colour"):
            coded = np.array([int(step["colour"][i : i + 2], 16) for i in (1, 3, 5)]) / 255
            colour = coded**_DISPLAY_GAMMA
            self._lights.append((start + rng.uniform(*_DISPLAY_LATENCY_MS), colour))
        elif len(self._lights) > 1:
            self._lights.append((start + rng.uniform(*_DISPLAY_LATENCY_MS), np.array(_PAGE_WHITE)))
        pose = _pose_for(step, rng)
        if not attentive:
            return
        self._moves.append(_Move(onset, rng.uniform(*_MOVE_MS), pose))
        if step["cue"] == "blink":
            self._blinks.append(onset)

    def _blink_by_itself(self, rng: np.random.Generator) -> None:
        t = rng.uniform(1500, 4500)
        while t < self.duration:
            if self.steps[self.step_at(t)]["cue"] not in {"centre", "blink"}:
                self._blinks.append(t)
            t += rng.uniform(2500, 6000)

    def _tremor(self, t: float) -> Floats:
        frequency, phase = self._waves[:, :, 0], self._waves[:, :, 1]
        waves: Floats = np.sin(2 * np.pi * frequency * t / 1000 + phase).mean(axis=1)
        return waves

    def _light(self, t: float) -> tuple[float, float, float]:
        colour = self._lights[0][1]
        for start, target in self._lights[1:]:
            if t > start:
                colour = colour + (target - colour) * (1 - np.exp((start - t) / _DISPLAY_RISE_MS))
        return float(colour[0]), float(colour[1]), float(colour[2])


def _pose_for(step: dict[str, Any], rng: np.random.Generator) -> Floats:
    """Return yaw, pitch, millimetres nearer and smile that answer one cue."""
    degrees = float(step.get("degrees", 20)) * rng.uniform(0.95, 1.08)
    poses = {
        "centre": (0, 0, 0, 0),
        "light": (0, 0, 0, 0),
        "blink": (0, 0, 0, 0),
        "left": (degrees, 0, 0, 0),
        "right": (-degrees, 0, 0, 0),
        "up": (0, -degrees, 0, 0),
        "down": (0, degrees, 0, 0),
        "nearer": (0, 0, NEARER_MM, 0),
        "farther": (0, 0, FARTHER_MM, 0),
        "smile": (0, 0, 0, 1),
    }
    if step["cue"] not in poses:
        raise ValueError(f"unknown cue {step['cue']!r}")
    return np.array(poses[step["cue"]], dtype=float)


def _min_jerk(part: float) -> float:
    """Return the minimum-jerk profile of a voluntary movement (Flash and Hogan, 1985), 0 at 0 and 1 at 1."""
    p = min(max(part, 0.0), 1.0)
    return p * p * p * (10 - 15 * p + 6 * p * p)


def _lid(since: float) -> float:
    """Return how far the lids are closed, `since` milliseconds after the blink began."""
    closing = since / _LID_MS
    opening = (2 * _LID_MS + _CLOSED_MS - since) / (1.5 * _LID_MS)
    return float(np.clip(min(closing, opening), 0, 1))
