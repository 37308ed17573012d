"""Texture and frequency: screen grids, moiré, print dots, refresh bands, printing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation

CALIBRATIONS: Final = {
    "grid": Calibration(-2.0, 9.0, -3.0, 0.5, 0.7),
    "banding": Calibration(-3.0, 2.0, -2.0, 0.3, 1.0),
    "contrast": Calibration(-8.0, 1.5, -1.0, 0.3, 0.3),
    "glare": Calibration(-1.5, -2.5, -1.0, 0.2, 0.3),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "grid": ("screen-photo", "screen-video"),
    "banding": ("screen-photo", "screen-video"),
    "contrast": ("flat-print", "bent-print", "cut-out", "print-on-head"),
    "glare": ("screen-photo", "screen-video"),
}
FAILS: Final = {
    "grid": "blur of lens or compression, which removes the grid; patterned clothes",
    "banding": "an exposure that is a multiple of the period of the screen",
    "contrast": "faces in fog or flare",
    "glare": "matt screens; bright sun on skin",
}

_SIDE: Final = 128
_FRAMES: Final = 3


def grid(observed: Observation) -> float | None:
    """Returns the highest periodic peak of the face's spectrum over its surroundings, in nepers of power.

    None where the face is too near the frame's edge for a window of 128 pixels. Natural skin stays under
    about 3; moiré, a pixel grid or halftone dots stand out. Fails where lens or compression blur removes the
    pattern, and on patterned veils or scarves.
    """
    windows = [
        w for i in _chosen(observed) if (w := _window(observed.images[i], observed.landmarks[i])) is not None
    ]
    if not windows:
        return None
    power = np.mean([np.abs(np.fft.rfft2(window * _HANN)) ** 2 for window in windows], axis=0)
    level = np.log(power + 1.0).astype(np.float32)
    peak = level - cv2.blur(level, (9, 9), borderType=cv2.BORDER_REFLECT)
    return float(peak[_LOOKED_AT].max())


def banding(observed: Observation) -> float | None:
    """Returns log10 of change between neighbouring frames along rows' means over that along columns' means.

    Near 0 for a live scene; a screen's refresh against a rolling shutter moves level bands through the frame.
    None with fewer than three frames. Fails where exposure is a multiple of the screen's period.
    """
    if len(observed.images) < 3:
        return None
    chosen = observed.neutral if len(observed.neutral) >= 3 else np.arange(3)
    small = [
        cv2.resize(cv2.extractChannel(observed.images[i], 1), (80, 60), interpolation=cv2.INTER_AREA).astype(
            float
        )
        for i in chosen
    ]
    ratios = [_direction(b - a) for a, b in pairwise(small)]
    return float(np.median(ratios))


def contrast(observed: Observation) -> float:
    """Returns the face's darkest over its lightest luminance, 0-1 (2nd and 98th percentile).

    Ink on paper reaches no deeper black than about 5 % of its white. Fails on faces in fog or flare.
    """
    found = [
        np.percentile(_face(observed.images[i], observed.landmarks[i]), (2, 98)) for i in _chosen(observed)
    ]
    dark, light = np.median(found, axis=0)
    return float((dark + 1) / (light + 1))


def glare(observed: Observation) -> float:
    """Returns log10 of the share of burnt-out pixels on the face: the reflection of a lamp in glass or gloss.

    Fails on matt screens, and rises in bright sun.
    """
    found = [
        float((_face(observed.images[i], observed.landmarks[i]) > 248).mean()) for i in _chosen(observed)
    ]
    return float(np.log10(np.median(found) + 1e-4))


def _chosen(observed: Observation) -> NDArray[np.intp]:
    return observed.neutral[:_FRAMES]


def _window(image: Image, points: Array) -> NDArray[np.float32] | None:
    x, y = points[30].astype(int) - _SIDE // 2
    height, width = image.shape[:2]
    if x < 0 or y < 0 or x + _SIDE > width or y + _SIDE > height:
        return None
    window = image[y : y + _SIDE, x : x + _SIDE, 1].astype(np.float32)
    return np.asarray(window - cv2.GaussianBlur(window, (0, 0), 6), np.float32)


def _direction(change: Array) -> float:
    rows, columns = change.mean(axis=1), change.mean(axis=0)
    return float(np.log10((rows.var() + 0.02) / (columns.var() + 0.02)))


def _face(image: Image, points: Array) -> NDArray[np.uint8]:
    left, top = np.maximum(points[17:].min(axis=0).astype(int), 0)
    right, bottom = points[17:].max(axis=0).astype(int) + 1
    region = image[top:bottom:2, left:right:2]
    return np.asarray(region.max(axis=2)) if region.size else np.zeros((1, 1), np.uint8)


def _looked_at() -> NDArray[np.bool_]:
    v, u = np.mgrid[0:_SIDE, 0 : _SIDE // 2 + 1]
    v = np.minimum(v, _SIDE - v)
    far = np.hypot(u, v) > 14
    # JPEG's 8×8 blocks make peaks of their own at multiples of 16 cycles on the axes.
    blocks = ((u < 2) | (v < 2)) & ((np.maximum(u, v) % 16 < 2) | (np.maximum(u, v) % 16 > 14))
    axes = (u < 2) | (v < 2)
    return np.asarray(far & ~blocks & ~axes)


_HANN: Final = np.outer(np.hanning(_SIDE), np.hanning(_SIDE)).astype(np.float32)
_LOOKED_AT: Final = _looked_at()


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = {
        "grid": grid(observed),
        "banding": banding(observed),
        "contrast": contrast(observed),
        "glare": glare(observed),
    }
    return {name: score for name, score in found.items() if score is not None}
