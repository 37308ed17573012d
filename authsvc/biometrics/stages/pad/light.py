"""Light response by region: the screen's colours must come back from skin in time, and shaded like a head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from authsvc.biometrics.types import Image

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation, PlannedCue

CALIBRATIONS: Final = {
    "light": Calibration(8.0, -4.0, -4.0, 2.0, 1.0),
    "sides": Calibration(-8.0, 10.0, -4.0, 1.0, 1.0),
    "background": Calibration(-8.0, 4.5, -4.0, 1.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("recorded-answer", "frozen-video"),
    "sides": ("painted-light", "flat-print", "screen-photo"),
    "background": ("painted-light",),
}
FAILS: Final = {
    "light": "bright surroundings, to which the screen adds too little",
    "sides": "hair before the cheeks; a picture on a head",
    "background": "a wall close behind the person",
}

_LAGS: Final = np.arange(0.0, 601.0, 50.0)


@dataclass(frozen=True, slots=True)
class LightResponse:
    """agreement: correlation of the face's colour with the screen's, -1 to 1; lag in milliseconds.

    gain: relative brightening of the nose; sides, background: their gains over the nose's. A head at arm's
    length has sides near 0.8 and a background near 0.1; an evenly painted picture has 1 in both.
    """

    agreement: float
    lag: float
    gain: float
    sides: float
    background: float


def light_response(observed: Observation) -> LightResponse | None:
    """Returns how nose, cheek sides and background answer the screen's colours, or None without light cues.

    Works on colour ratios of neighbouring times, so that automatic exposure cancels out. Fails in bright
    surroundings, where the screen adds too little: agreement and gain go to 0, which is inconclusive.
    """
    steps = observed.planned("light")
    if len(steps) < 2:
        return None
    inside = np.flatnonzero((observed.times >= steps[0].start) & (observed.times <= steps[-1].end + 300))
    if len(inside) < 6:
        return None
    colours = np.array([_regions(observed.images[i], observed.landmarks[i]) for i in inside])
    relative = colours / np.maximum(colours.mean(axis=0), 1e-6) - 1
    shown = [_shown(observed.times[inside] - lag, steps) for lag in _LAGS]
    fits = [_correlation(relative[:, 0], screen) for screen in shown]
    best = int(np.argmax(fits))
    nose, sides, background = (_gain(relative[:, region], shown[best]) for region in range(3))
    over = max(nose, 1e-3)
    return LightResponse(fits[best], float(_LAGS[best]), nose, sides / over, background / over)


def _regions(image: Image, points: Array) -> Array:
    """Returns 3×3: linear RGB of the nose, the cheeks' sides and the background."""
    span = np.hypot(*(points[45] - points[36]))
    half = max(2, int(0.06 * span))
    nose = _mean(image, points[29], half)
    left, right = 0.75 * points[2] + 0.25 * points[31], 0.75 * points[14] + 0.25 * points[35]
    sides = (_mean(image, left, half) + _mean(image, right, half)) / 2
    height, width = image.shape[:2]
    corners = [
        _mean(image, np.array(at), height // 16)
        for at in ((width // 12, height // 8), (width - width // 12, height // 8))
    ]
    return np.array([nose, sides, (corners[0] + corners[1]) / 2])


def _mean(image: Image, at: Array, half: int) -> Array:
    height, width = image.shape[:2]
    x = int(np.clip(at[0], half, width - half - 1))
    y = int(np.clip(at[1], half, height - half - 1))
    patch = image[y - half : y + half + 1, x - half : x + half + 1]
    return np.asarray((patch.reshape(-1, 3).mean(axis=0) / 255.0) ** 2.2)


def _shown(times: Array, steps: tuple[PlannedCue, ...]) -> Array:
    screen = np.zeros((len(times), 3))
    for step in steps:
        screen[(times >= step.start) & (times < step.end)] = step.colour or (0, 0, 0)
    return screen - screen.mean(axis=0)


def _correlation(seen: Array, screen: Array) -> float:
    centred = seen - seen.mean(axis=0)
    norm = np.sqrt((centred**2).sum() * (screen**2).sum())
    return float((centred * screen).sum() / norm) if norm > 0 else 0.0


def _gain(seen: Array, screen: Array) -> float:
    power = float((screen**2).sum())
    return float((seen * screen).sum() / power) if power > 0 else 0.0


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    measured = light_response(observed)
    if measured is None:
        return {}
    return {"light": measured.agreement, "sides": measured.sides, "background": measured.background}
