"""Micro-motion and smiles: living faces are never quite still, and smile when asked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation

CALIBRATIONS: Final = {
    "smile": Calibration(50.0, -3.0, -4.0, 2.0, 1.0),
    "stillness": Calibration(6.0, 2.0, -5.0, 0.5, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "stillness": ("frozen-video",),
}
FAILS: Final = {
    "smile": "a face that smiles from the start; a beard that hides the mouth",
    "stillness": "video with grain added",
}


def stillness(observed: Observation) -> float | None:
    """Returns the log10 of the median change between neighbouring frames' face pixels, in grey levels.

    None with fewer than four frames. A frozen or looped picture has less than its sensor's noise. Fails on
    video with grain added.
    """
    if len(observed.images) < 4:
        return None
    patches = [
        _patch(image, points) for image, points in zip(observed.images, observed.landmarks, strict=True)
    ]
    changes = [float(np.abs(b - a).mean()) for a, b in pairwise(patches)]
    return float(np.log10(np.percentile(changes, 25) + 1e-3))


def smile(observed: Observation) -> float | None:
    """Returns the growth of the mouth's breadth over eye span under the smile cues, or None without such a
    cue.
    """
    cues = observed.planned("smile")
    if not cues:
        return None
    breadth = _distance(observed.landmarks, 48, 54) / _distance(observed.landmarks, 36, 45)
    rest = float(np.median(breadth[observed.neutral]))
    grown = [float(np.max(breadth[observed.under(cue)], initial=rest)) / rest - 1 for cue in cues]
    return min(grown)


def _distance(landmarks: Array, a: int, b: int) -> Array:
    return np.asarray(np.hypot(*np.moveaxis(landmarks[:, a] - landmarks[:, b], -1, 0)))


def _patch(image: np.ndarray, points: Array, size: int = 24) -> Array:
    x, y = points[30].astype(int)
    half_height, half_width = min(size, image.shape[0] // 2), min(size, image.shape[1] // 2)
    top = int(np.clip(y - half_height, 0, image.shape[0] - 2 * half_height))
    left = int(np.clip(x - half_width, 0, image.shape[1] - 2 * half_width))
    return image[top : top + 2 * half_height, left : left + 2 * half_width, 1].astype(np.float64)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = {"smile": smile(observed), "stillness": stillness(observed)}
    return {name: score for name, score in found.items() if score is not None}
