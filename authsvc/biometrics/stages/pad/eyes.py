"""Eyes that belong to their face: laid over every frame anew, they never lie twice in the same place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

from .calibration import Calibration
from .following import Following
from .observation import Observation
from .patches import SIDE

Faces = NDArray[np.float32]
Matrix = NDArray[np.float64]

CALIBRATIONS: Final = {
    "eyes": Calibration(-9.0, 3.7, -5.0, 0.5, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "eyes": ("pasted-eyes",),
}
FAILS: Final = {
    "eyes": "a face that is replaced whole; eyes that are never still, behind glasses that mirror",
}

_LEAST: Final = 4
_MOST: Final = 8
"""Frames at rest that are looked at."""

_SHARE: Final = 25.0
"""The percentile of all pairs that counts: one frame in four may show a blink."""

_NEAR_DEGREES: Final = 4.0
_NEAR_GROWTH: Final = 0.05
"""A frame at rest differs by no more from the neutral."""

_HALVED: Final = 0.7
_SOFTENED: Final = 0.9
"""Scale below which a picture is smoothed and halved, and the pixels of a face by which it is smoothed then:
a rim of glasses that is finer than a pixel comes and goes with the place of the pixels.
"""
_BROAD: Final = 15
"""Breadth of what counts as broad light and shade, in pixels of a face."""

_ROUNDS: Final = 2
_GREYS: Final = 2.0
_NOISE: Final = 1e-3
"""Grey levels, and unlikeness, that are a camera's own."""


def _eyes() -> NDArray[np.bool_]:
    inside = np.zeros((SIDE, SIDE), bool)
    inside[13:22, 9:20] = inside[13:22, 28:39] = True
    return inside


def _face() -> NDArray[np.bool_]:
    y, x = np.mgrid[0:SIDE, 0:SIDE] / 2
    return np.asarray(((x - 11.5) / 7.5) ** 2 + ((y - 13) / 9) ** 2 < 1)


_EYES: Final = _eyes()
_REST: Final = _face() & ~_EYES
_LOOKED_AT: Final = _face() | _EYES
_CENTRE: Final = (SIDE - 1) / 2
_DOWN, _ACROSS = (each.astype(np.float32) for each in np.mgrid[0:SIDE, 0:SIDE] - _CENTRE)


def restless_eyes(observed: Observation) -> float | None:
    """Returns how unlike the eyes are between frames at rest, over the rest of the face: the natural
    logarithm of the ratio, about 0 for a person's own.

    The faces are laid on each other by their pixels first, since landmarks slip, and what is fine and rich in
    contrast, as the rim of glasses, suffers most from it. None with fewer than four such frames. Fails where
    a face is replaced whole, where a program lays eyes exactly, and on eyes that are moved or narrowed all
    the time.
    """
    still = np.flatnonzero(
        (np.abs(observed.turns).max(axis=1) < _NEAR_DEGREES) & (np.abs(observed.growth) < _NEAR_GROWTH)
    )
    if len(still) < _LEAST:
        return None
    chosen = still[np.unique(np.linspace(0, len(still) - 1, _MOST).round().astype(int))]
    faces = _laid([_placed(observed, int(frame)) for frame in chosen])
    eyes, rest = (_unlikeness(faces[:, part]) for part in (_EYES, _REST))
    return float(np.log((eyes + _NOISE) / (rest + _NOISE)))


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """The green of a frame's face, and the 2×3 matrix by which a small upright face takes its pixels."""

    green: Image
    matrix: Matrix

    def moved(self, by: Matrix) -> _Placed:
        """Return the same, each pixel of the small face taken from where `by` brings it."""
        return _Placed(self.green, _after(self.matrix, by))

    def face(self) -> Faces:
        """Return the small face."""
        small = cv2.warpAffine(
            self.green,
            self.matrix,
            (SIDE, SIDE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(small, np.float32)


def _placed(observed: Observation, frame: int) -> _Placed:
    a, b = observed.placings[frame]
    height, width = observed.images[frame].shape[:2]
    ends = (np.array([0, SIDE, 1j * SIDE, SIDE + 1j * SIDE]) - b) / a
    left, top = max(0, int(ends.real.min())), max(0, int(ends.imag.min()))
    right, bottom = (
        max(low + 8, int(high)) for low, high in ((left, ends.real.max()), (top, ends.imag.max()))
    )
    left, top = min(left, width - 8), min(top, height - 8)
    green, step = cv2.extractChannel(observed.images[frame][top:bottom, left:right], 1), 1
    while abs(a) * step < _HALVED and min(green.shape) >= 16:
        green, step = cv2.pyrDown(green), 2 * step
    back, corner = 1 / (a * step), (-b / a - complex(left, top)) / step
    matrix = np.array([[back.real, -back.imag, corner.real], [back.imag, back.real, corner.imag]])
    return _Placed(np.asarray(green, np.uint8), matrix)


def _laid(placed: list[_Placed]) -> Faces:
    """Returns n×SIDE×SIDE: the faces without broad light and shade, each laid on the middle one of all."""
    for _ in range(_ROUNDS):
        faces = _freed(placed)
        moves = _towards(faces, np.asarray(np.median(faces, axis=0), np.float32))
        placed = [one.moved(by) for one, by in zip(placed, moves, strict=True)]
    return _freed(placed)


def _freed(placed: list[_Placed]) -> Faces:
    # Each frame is a channel: one call smooths them all.
    stacked = cv2.GaussianBlur(np.stack([one.face() for one in placed], axis=-1), (0, 0), _SOFTENED)
    return np.asarray((stacked - cv2.blur(stacked, (_BROAD, _BROAD))).transpose(2, 0, 1))


def _towards(faces: Faces, middle: Faces) -> list[Matrix]:
    """Returns by which 2×3 matrices the faces come nearer to the middle one: shift, zoom, turn, in one step.

    A gain of contrast is fitted beside, and left.
    """
    across, down = (cv2.Sobel(middle, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0))
    zoomed, turned = across * _ACROSS + down * _DOWN, down * _ACROSS - across * _DOWN
    slopes = np.stack([across, down, zoomed, turned, middle], axis=-1)[_LOOKED_AT].astype(np.float64)
    square = slopes.T @ slopes
    square += 1e-6 * np.trace(square) * np.eye(5)
    found = np.linalg.solve(square, slopes.T @ (faces - middle)[:, _LOOKED_AT].T).T
    return [_move(*row[:4]) for row in found]


def _move(right: float, low: float, zoom: float, turn: float) -> Matrix:
    linear = np.array([[1 - zoom, turn], [-turn, 1 - zoom]])
    kept = np.full(2, _CENTRE)
    return np.column_stack([linear, kept - linear @ kept - (right, low)])


def _after(second: Matrix, first: Matrix) -> Matrix:
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])


def _unlikeness(faces: Faces) -> float:
    """Returns 1 less the correlation of most pairs at least; a camera's own noise counts as alike."""
    values = faces - faces.mean(axis=1, keepdims=True)
    noise = _GREYS**2 * values.shape[1]
    together = values @ values.T
    size = np.sqrt(np.diag(together))
    unlike = 1 - (together + noise) / (np.outer(size, size) + noise)
    return float(np.percentile(unlike[np.triu_indices(len(faces), 1)], _SHARE))


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = restless_eyes(observed)
    return {} if found is None else {"eyes": found}
