"""Eyes that are laid over a face anew in every frame: they never lie twice in the same place on it.

A program finds the eyes of each frame by landmarks, which are off by part of a pixel, each time another part.
A face that is held still is moved as one piece by whatever moves it. So the face without the eyes says how a
frame moved, and what the eyes do beside that is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .following import Following
from .observation import Observation
from .patches import SIDE, TEMPLATE

CALIBRATIONS: Final = {
    "pasting": Calibration(-7.0, 14.0, -4.0, 0.5, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "pasting": ("pasted-eyes",),
}
FAILS: Final = {
    "pasting": "eyes that are never still; a face that is replaced whole; a program that lays eyes exactly",
}

Field = NDArray[np.float32]

_FINER: Final = 2.5
"""Pixels of this family's patches over one of `patches`: eyes move by a tenth of those."""

_TOP, _BOTTOM, _LEFT, _RIGHT = 15, 88, 18, 102
"""Part of the fine patch that is looked at, brows to upper lip."""

_STILL_DEGREES: Final = 4.0
_STILL_GROWTH: Final = 0.05
_REACTION_MS: Final = 450.0
_LEAST_FRAMES, _MOST_FRAMES = 4, 7
_BLUR: Final = 1.2
_NOISE: Final = 0.05
"""Squared grey levels that are a camera's own after the blur."""


def _oval(middle: complex, across: float, down: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[_TOP:_BOTTOM, _LEFT:_RIGHT]
    return np.asarray(((x - middle.real) / across) ** 2 + ((y - middle.imag) / down) ** 2 < 1)


def _parts() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Returns which pixels are eyes, and which are face and well away from them."""
    marks, side = TEMPLATE * _FINER, SIDE * _FINER
    eyes = np.zeros((_BOTTOM - _TOP, _RIGHT - _LEFT), bool)
    rest = _oval(marks[30], 0.29 * side, 0.34 * side)
    for first in (36, 42):
        middle, width = complex(marks[first : first + 6].mean()), abs(marks[first + 3] - marks[first])
        eyes |= _oval(middle, 0.75 * width, 0.5 * width)
        rest &= ~_oval(middle, 1.15 * width, 1.04 * width)
    return eyes, rest


_EYES, _REST = _parts()
_X, _Y = np.meshgrid(np.linspace(-0.5, 0.5, _RIGHT - _LEFT), np.linspace(-0.5, 0.5, _BOTTOM - _TOP))
_FITTED: Final = np.flatnonzero(_REST)[::2]


def pasting(observed: Observation) -> float | None:
    """Returns how much more the eyes change between frames at rest than the face that they lie in, once the
    face is brought to lie alike: natural logarithm, about 0 to 1.5 for a person's own eyes, 2.3 to 5 for
    pasted ones.

    The middle frame counts, so a blink does not. None with fewer than four frames at rest. Fails where a face
    is replaced whole, and on eyes that are never still.
    """
    frames = _at_rest(observed)
    if len(frames) < _LEAST_FRAMES:
        return None
    faces = _faces(observed, frames)
    left = _unexplained(faces)
    eyes, rest = (float(np.median((left[:, part] ** 2).mean(axis=1))) for part in (_EYES, _REST))
    return float(np.log((eyes + _NOISE) / (rest + _NOISE)))


def _at_rest(observed: Observation) -> NDArray[np.intp]:
    """Returns the first frames in which the head has hardly moved, until people react to the first cue."""
    still = (np.abs(observed.turns).max(axis=1) < _STILL_DEGREES) & (np.abs(observed.growth) < _STILL_GROWTH)
    until = observed.cues[0].end + _REACTION_MS
    return np.flatnonzero(still & (observed.times < until))[:_MOST_FRAMES]


def _faces(observed: Observation, frames: NDArray[np.intp]) -> Field:
    """Returns n×rows×columns: the green of the frames' faces, fine and upright in one place."""
    size = (_RIGHT - _LEFT, _BOTTOM - _TOP)
    found = np.empty((len(frames), size[1], size[0]), np.float32)
    for face, index in zip(found, frames, strict=True):
        a, b = observed.placings[index] * _FINER
        matrix = np.array([[a.real, -a.imag, b.real - _LEFT], [a.imag, a.real, b.imag - _TOP]])
        green = cv2.extractChannel(observed.images[index], 1)
        placed = cv2.warpAffine(green, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        face[:] = cv2.GaussianBlur(placed, (0, 0), 1.0)
    return found


def _unexplained(faces: Field) -> Field:
    """Returns what of each face no small movement of the whole and no change of light makes of their mean."""
    mean = faces.mean(axis=0)
    for _ in range(2):
        terms = _terms(mean)
        shares = np.linalg.lstsq(terms[_FITTED], (faces - mean).reshape(len(faces), -1)[:, _FITTED].T)[0]
        explained = (terms @ shares).T.reshape(faces.shape)
        moved = (terms[:, :6] @ shares[:6]).T.reshape(faces.shape)
        left, mean = faces - mean - explained, (faces - moved).mean(axis=0)
    left -= left.mean(axis=0)
    # Each frame is a channel: one call blurs them all.
    stacked = cv2.GaussianBlur(np.ascontiguousarray(left.transpose(1, 2, 0)), (0, 0), _BLUR)
    return np.asarray(stacked.transpose(2, 0, 1), np.float32)


def _terms(mean: Field) -> Field:
    """Returns places×8: what shift, turn, growth and shear, and brighter or more light, add to a face."""
    x, y = cv2.Sobel(mean, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(mean, cv2.CV_32F, 0, 1) / 8
    parts = (x, y, x * _X, x * _Y, y * _X, y * _Y, mean, np.ones_like(mean))
    return np.stack(parts, axis=-1).reshape(-1, len(parts)).astype(np.float32)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw score of the signal, where it can tell."""
    found = pasting(observed)
    return {} if found is None else {"pasting": found}
