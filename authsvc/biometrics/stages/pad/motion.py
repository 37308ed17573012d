"""Micro-motion and blinks: living faces are never quite still, and close their eyes when asked."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from .observation import Array, Observation

_EYES: Final = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))


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


def eye_openness(landmarks: Array) -> Array:
    """Returns n eye aspect ratios of n×68×2 landmarks, mean of both eyes (Soukupová and Čech, 2016)."""
    ratios = []
    for outer, top1, top2, inner, low2, low1 in _EYES:
        rise = _distance(landmarks, top1, low1) + _distance(landmarks, top2, low2)
        ratios.append(rise / (2 * _distance(landmarks, outer, inner)))
    return np.asarray(np.mean(ratios, axis=0))


def blink(observed: Observation) -> float | None:
    """Returns how far the eyes closed under the blink cues, 0-1 of their own openness, or None without such a
    cue.

    The smallest over the cues, less what they close by themselves elsewhere. Fails on cut-outs with eye
    holes, through which real eyes blink.
    """
    cues = observed.planned("blink")
    if not cues:
        return None
    openness = eye_openness(observed.landmarks) / max(
        float(np.median(eye_openness(observed.landmarks))), 1e-6
    )
    closed = []
    for cue in cues:
        inside = np.flatnonzero((observed.times >= cue.start + 100) & (observed.times <= cue.end + 300))
        closed.append(1 - float(openness[inside].min()) if len(inside) else 0.0)
    return min(closed)


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
