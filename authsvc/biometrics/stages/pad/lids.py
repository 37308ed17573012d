"""Blinks on cue: the lid's landmarks meet, the pattern of the open eyes goes, what lies around them stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation

CALIBRATIONS: Final = {
    "blink": Calibration(24.0, -5.0, -4.0, 2.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "blink": ("feigned-blink",),
}
FAILS: Final = {
    "blink": "cut-outs with eye holes, through which real eyes blink; lids not seen to close",
}

Pixels = NDArray[np.float32]
Places = NDArray[np.intp]
Complex = NDArray[np.complex128]

_EYES: Final = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))

_UNMOVED: Final = np.array([*range(17, 36), 36, 39, 42, 45])
"""Landmarks that lids leave where they are: brows, nose, and the corners of the eyes."""

_COMPLEX: Final = np.array([1, 1j])
_WIDTH: Final = 64
_HEIGHT: Final = 32
_OUTER_CORNERS: Final = np.array([8 + 18j, 56 + 18j])
"""Where a strip of the face, brows to cheekbones, has the outer corners of the eyes: 48 pixels apart."""


def _box(top: int, bottom: int, left: int, right: int, step: int = 1) -> Places:
    """Returns the places of a box's pixels in a flat strip."""
    rows, columns = np.arange(top, bottom, step), np.arange(left, right, step)
    return np.asarray((rows[:, None] * _WIDTH + columns).ravel(), np.intp)


_EYES_OPEN: Final = (_box(14, 22, 8, 23), _box(14, 22, 41, 56))
_LIDS: Final = np.concatenate([_box(10, 24, 6, 25), _box(10, 24, 39, 58)])
_BRIDGE: Final = _box(12, 24, 27, 37)
# Every second pixel each way says the same in a quarter of the time.
_AROUND: Final = np.setdiff1d(_box(2, _HEIGHT - 2, 2, _WIDTH - 2, 2), _LIDS)

_NEAR: Final = (_box(0, 5, 0, 5) - 2 * _WIDTH - 2)[:, None]
_NEAR_ROUGHLY: Final = (_box(0, 5, 0, 5, 2) - 2 * _WIDTH - 2)[:, None]
"""Shifts by up to two pixels, by which a face may be off its place."""

_NEIGHBOURS: Final = np.array([[-1], [0], [1]])
_LANDMARK_WEIGHT: Final = 0.6
_AROUND_WEIGHT: Final = 3.0
_BRIDGE_UNIT: Final = 0.2
"""Change of the bridge of the nose, over its brightness, that weighs as much as a lost eye."""


def blink(observed: Observation) -> float | None:
    """Returns how surely both eyes closed under the blink cues: about 0 for open eyes, 0.3 to 1 for closed
    ones; or None without such a cue.

    The best frame of each cue counts, and the least of the cues. What a frame's landmarks (0-1) and its
    pixels (`eyes_lost`) say is added, since the landmark model does not see every lid close; docs/adr/0150
    says on which tries the weights were set. Fails on cut-outs with eye holes, through which real eyes blink,
    on pictures of open and of closed eyes that are changed without a trace around them either way, on eyes
    that look aside, and where glasses hide the eyes.
    """
    cues = observed.planned("blink")
    if not cues:
        return None
    times, closed = observed.times, _landmarks_closed(observed.landmarks)
    found = []
    for cue in cues:
        inside = np.flatnonzero((times >= cue.start + 100) & (times <= cue.end + 300))
        scores = eyes_lost(observed, inside) + _LANDMARK_WEIGHT * closed[inside]
        found.append(float(np.max(scores, initial=0.0)))
    return float(np.min(found))


def eye_openness(landmarks: Array) -> Array:
    """Returns n eye aspect ratios of n×68×2 landmarks, mean of both eyes (Soukupová and Čech, 2016)."""
    ratios = []
    for outer, top1, top2, inner, low2, low1 in _EYES:
        rise = _distance(landmarks, top1, low1) + _distance(landmarks, top2, low2)
        ratios.append(rise / (2 * _distance(landmarks, outer, inner)))
    return np.asarray(np.mean(ratios, axis=0))


def eyes_lost(observed: Observation, frames: Places) -> Array:
    """Returns how much of the open eyes' pattern each of these n frames has lost, over what changed around.

    Patterns are grey levels of a strip of the face, laid level by landmarks, against the median of the
    neutral frames; lost is 1 less Pearson's correlation, which no change of brightness or contrast moves. The
    eye that lost less counts, so about 0 for open eyes and up to 1 for closed ones. Taken off is what the
    neutral frames lose by noise, three times what brows and cheeks lost, and the change between the eyes: a
    hand, a pen, a shadow, a fold or a slip of the landmarks moves these too, and the score to 0 and below.
    """
    rest = len(observed.neutral)
    strips = _strips(observed, np.concatenate([observed.neutral, frames]))
    still = np.median(strips[:rest], axis=0)
    eyes = np.minimum(
        *(_lost(np.take(strips, eye + _NEAR, axis=1), still[eye]).min(axis=1) for eye in _EYES_OPEN)
    )
    return np.asarray(eyes[rest:] - np.median(eyes[:rest]) - _around_changed(strips[rest:], still))


def _landmarks_closed(landmarks: Array) -> Array:
    openness = eye_openness(landmarks)
    # A lid that the landmark model takes for an open eye says nothing against the pixels.
    return np.maximum(1 - openness / max(float(np.median(openness)), 1e-6), 0.0)


def _strips(observed: Observation, frames: Places) -> Pixels:
    """Returns n flat strips of _HEIGHT×_WIDTH grey levels (green): the face from brows to cheekbones."""
    rest = observed.neutral_shape @ _COMPLEX
    target = _laid(rest[None, [36, 45]], _OUTER_CORNERS)[0] @ (rest[_UNMOVED], np.ones(len(_UNMOVED)))
    laid = _laid(_steady(observed.landmarks[:, _UNMOVED], frames) @ _COMPLEX, target)
    strips = [_strip(observed.images[i], *ab) for i, ab in zip(frames, laid, strict=True)]
    return np.stack(strips).reshape(len(frames), -1).astype(np.float32)


def _steady(landmarks: Array, frames: Places) -> Array:
    """Returns the middle one of each frame's landmarks and its neighbours': they slip where lids close."""
    near = landmarks[np.clip(frames + _NEIGHBOURS, 0, len(landmarks) - 1)]
    return np.asarray(near.sum(axis=0) - near.max(axis=0) - near.min(axis=0))


def _laid(points: Complex, target: Complex) -> Complex:
    """Returns n×2 numbers a and b of the least-squares similarities target = a·points + b, in the plane."""
    middle, fixed = points.mean(axis=1), target - target.mean()
    moving = points - middle[:, None]
    a = (moving.conj() @ fixed) / (np.abs(moving) ** 2).sum(axis=1)
    return np.column_stack([a, target.mean() - a * middle])


def _strip(image: Image, a: complex, b: complex) -> NDArray[np.uint8]:
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    size = (_WIDTH, _HEIGHT)
    strip = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip[..., 1], np.uint8)


def _lost(patterns: Pixels, before: Pixels) -> Array:
    """Returns 1 less the correlation of each pattern (the last axis) with the one before: 0 to 2."""
    centred = before - before.mean()
    spread = np.einsum("...i,...i", patterns, patterns) - patterns.sum(axis=-1) ** 2 / len(before)
    size = np.sqrt(np.maximum(spread, 0) * (centred @ centred))
    return np.asarray(1 - patterns @ centred / np.maximum(size, 1e-6), np.float64)


def _around_changed(strips: Pixels, still: Pixels) -> Array:
    """Returns n values from 0 on: how much changed around the eyes, where the strip fits best.

    Brows and cheeks change by their pattern. The bridge of the nose is smooth, so it changes by its
    brightness (mean square), once the light is taken out that brows and cheeks show.
    """
    around, bridge = (np.take(strips, part + _NEAR_ROUGHLY, axis=1) for part in (_AROUND, _BRIDGE))
    light = around.mean(axis=-1, keepdims=True) / max(float(still[_AROUND].mean()), 1.0)
    unit = _BRIDGE_UNIT * max(float(still[_BRIDGE].mean()), 1.0)
    change = (bridge / np.maximum(light, 1e-3) - still[_BRIDGE]) / unit
    changed = _AROUND_WEIGHT * _lost(around, still[_AROUND]) + np.einsum("...i,...i", change, change) / len(
        _BRIDGE
    )
    return np.asarray(changed.min(axis=1))


def _distance(landmarks: Array, a: int, b: int) -> Array:
    return np.asarray(np.hypot(*np.moveaxis(landmarks[:, a] - landmarks[:, b], -1, 0)))


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    score = blink(observed)
    return {} if score is None else {"blink": score}
