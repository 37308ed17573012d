"""Did the head follow the cues: each in its time, in the right order, by the right size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .calibration import Calibration
from .observation import DISTANCES, TURNS, Array, Observation, PlannedCue

CALIBRATIONS: Final = {
    "following": Calibration(30.0, -26.5, -4.0, 2.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "following": ("recorded-answer", "screen-video", "flat-print", "bent-print"),
}
FAILS: Final = {
    "following": "people who answer late or by little; attackers who move a picture as asked",
}

GROWTH_DEGREES: Final = 100.0
"""Weight of the logarithm of size beside degrees, so that 20 % nearer counts like 18 degrees."""

EXPECTED_GROWTH: Final = 0.2
_LAGS: Final = np.arange(100.0, 1001.0, 75.0)
_RAMP_MS: Final = 450.0


@dataclass(frozen=True, slots=True)
class Following:
    """agreement: cosine between asked and seen movement, -1 to 1; gain: seen over asked size; lag in
    milliseconds.

    weakest: the smallest share of any single cue that was reached; movement: all movement over that asked.
    """

    agreement: float
    gain: float
    lag: float
    weakest: float
    movement: float


def following(observed: Observation) -> Following | None:
    """Returns how the head's movement answers the turn, nearer and farther cues, or None where none was
    asked.

    Fails on a small answer (weakest and movement near 0), on another order or direction (agreement), on a lag
    outside what people need (0.1-1 s, beyond which agreement falls).
    """
    cues = observed.planned(*TURNS, *DISTANCES)
    if not cues:
        return None
    seen = np.column_stack([observed.turns, GROWTH_DEGREES * observed.growth])
    fits = [
        (_agreement(expected, seen), lag, expected)
        for lag in _LAGS
        for expected in [_expected(observed, lag)]
    ]
    agreement, lag, expected = max(fits, key=lambda fit: fit[0])
    size = float((expected**2).sum())
    return Following(
        agreement=agreement,
        gain=float((expected * seen).sum() / size),
        lag=float(lag),
        weakest=min(_reached(observed, seen, cue) for cue in cues),
        movement=float(np.sqrt((seen**2).sum() / size)),
    )


def asked(cue: PlannedCue) -> Array:
    """Returns the movement a cue asks for: degrees of yaw, of pitch, and weighted growth."""
    if cue.cue in DISTANCES:
        return np.array([0.0, 0.0, DISTANCES[cue.cue] * EXPECTED_GROWTH * GROWTH_DEGREES])
    yaw, pitch = TURNS[cue.cue]
    return np.array([yaw * cue.degrees, pitch * cue.degrees, 0.0])


def _expected(observed: Observation, lag: float) -> Array:
    course = np.zeros((len(observed.times), 3))
    previous = np.zeros(3)
    for step in observed.plan:
        target = asked(step) if step.cue in TURNS or step.cue in DISTANCES else np.zeros(3)
        ramp = np.clip((observed.times - step.start - lag) / _RAMP_MS, 0, 1)[:, None]
        course += ramp * (target - previous)
        previous = target
    return course


def _agreement(expected: Array, seen: Array) -> float:
    norm = np.sqrt((expected**2).sum() * (seen**2).sum())
    return float((expected * seen).sum() / norm) if norm > 0 else 0.0


def _reached(observed: Observation, seen: Array, cue: PlannedCue) -> float:
    frames = observed.under(cue)
    if not len(frames):
        return 0.0
    target = asked(cue)
    along = seen[frames] @ target / (target @ target)
    return float(np.median(np.sort(along)[-3:]))


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    return {} if answer is None else {"following": answer.agreement}
