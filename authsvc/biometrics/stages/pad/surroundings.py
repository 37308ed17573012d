"""What lies around the head: what exposure, white balance and the screen do to a picture where no face is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

DARK: Final = 0.004
"""Added to linear light from 0 to 1, so that black pixels tell nothing."""

_ACROSS: Final = 18
"""Cells over a picture's width; they are square."""

_BROAD: Final = 0.62
_CROWN: Final = 1.05
"""Of a head with its hair: half its breadth over that of the jaw, and the crown's height over the root of
the nose, over the chin's depth under it.
"""

_SELDOM: Final = 0.3
"""Of the frames, in how many a cell has to lie free to tell anything."""

_ROUNDS: Final = 3
_SLOW_MS: Final = 500.0
"""Within how long a camera's own exposure and white balance follow what it sees; contents that move past a
cell are faster.
"""

_JAW, _CHIN, _ROOT = [0, 16], 8, 27


def logarithms(values: Array) -> Array:
    """Returns logarithms of linear light from 0 to 1 of values from 0 to 255."""
    return np.asarray(np.log((values / 255.0) ** 2.2 + DARK))


def surroundings(images: Sequence[Image], landmarks: Array) -> Array | None:
    """Returns n×3 logarithms of linear light, about their middle, of what lies beside the heads of n×68×2
    landmarks in n RGB images; None where no part of the pictures lies free often enough.

    Cells above the chin and outside the head's outline tell, each in the frames in which it lies free: their
    courses are brought together by a median polish (Tukey, Exploratory Data Analysis, 1977, chapter 11),
    so that a cell that is covered now and then does no harm. A frame without a free cell, as where a head
    is near, takes what lies between its neighbours in time. Shoulders lie below, and answer a screen as faces
    do. Fails where a head fills the picture throughout, and before a wall close behind it.
    """
    height, width = images[0].shape[:2]
    size = (_ACROSS, round(_ACROSS * height / width))
    free = _free(landmarks, width / _ACROSS, size)
    kept = free.mean(axis=0) >= _SELDOM
    if not kept.any():
        return None
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA).reshape(-1, 3)[kept] for image in images]
    return _polished(logarithms(np.array(small, np.float64)), free[:, kept])


def steadied(course: Array, times: Array) -> Array:
    """Returns an n×3 course without what is faster than a camera's own exposure and white balance; times: n
    milliseconds. A structured wall that comes nearer with a phone looks, for a moment, like light.
    """
    weights = np.exp(-((times[:, None] - times) ** 2) / (2 * _SLOW_MS**2))
    return np.asarray(weights @ course / weights.sum(axis=1, keepdims=True))


def _free(landmarks: Array, side: float, size: tuple[int, int]) -> Mask:
    """Returns n×cells, row by row: which cells lie outside the head, and above the chin."""
    x, y = (axis.ravel() for axis in np.meshgrid(*((np.arange(count) + 0.5) * side for count in size)))
    jaw, chin, root = landmarks[:, _JAW], landmarks[:, _CHIN], landmarks[:, _ROOT]
    broad = _BROAD * np.hypot(*(jaw[:, 1] - jaw[:, 0]).T) + side / 2
    crown = root[:, 1] - _CROWN * np.hypot(*(chin - root).T)
    high = (chin[:, 1] - crown) / 2 + side / 2
    # A turn hides one side of the jaw: the middle of the head lies between that of the jaw and the nose.
    middle = (jaw[:, :, 0].mean(axis=1) + root[:, 0]) / 2
    across = (x - middle[:, None]) / broad[:, None]
    down = (y - (chin[:, 1] + crown)[:, None] / 2) / high[:, None]
    return np.asarray((across**2 + down**2 > 1) & (y < chin[:, 1:]))


def _polished(light: Array, free: Mask) -> Array:
    """Returns the n×3 course that n×cells×3 values share, where they are free."""
    seen, told = np.where(free[..., None], light, np.nan), free.any(axis=1)
    course = np.zeros((len(light), 3))
    for _ in range(_ROUNDS):
        cells = _median(seen - course[:, None], axis=0)
        course[told] = _median(seen[told] - cells, axis=1)
    frames = np.arange(len(light))
    between = [np.interp(frames, frames[told], course[told, channel]) for channel in range(3)]
    return np.asarray(np.column_stack(between))


def _median(values: Array, axis: int) -> Array:
    """Returns what numpy.nanmedian does where no line is empty, in a fifth of its time on few values."""
    ordered = np.sort(values, axis=axis)
    count = (~np.isnan(values)).sum(axis=axis, keepdims=True)
    below, above = (np.take_along_axis(ordered, at, axis) for at in ((count - 1) // 2, count // 2))
    return np.asarray((below + above).squeeze(axis) / 2)
