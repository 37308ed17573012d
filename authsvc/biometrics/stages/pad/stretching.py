"""A head that turned, or a picture that was stretched: where no landmark leads, only a head knows the way.

A program that moves one photograph after somebody's landmarks has their movement exactly right. Above the
brows there are none. There a head's forehead and hair lie where its shape puts them; a stretched picture
follows the landmarks below it as a rubber sheet does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import GENERIC_FACE

from .calibration import Calibration
from .following import Following
from .observation import DISTANCES, TURNS, Array, Observation
from .patches import SIDE, TEMPLATE, placings

CALIBRATIONS: Final = {
    "stretching": Calibration(30.0, -0.5, -4.0, 0.5, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "stretching": ("puppet", "puppet-on-screen"),
}
FAILS: Final = {
    "stretching": "foreheads without pattern, of which it says nothing; a fringe or scarf that hangs loose; "
    "a program that knows a head's shape",
}

Complex = NDArray[np.complex128]
Field = NDArray[np.float32]

SPAN_MM: Final = 92.0
_MM: Final = 2 * SPAN_MM / SIDE
_LEAST_DEGREES: Final = 9.0
_LEAST_GROWTH: Final = 0.08
"""Movement from which on a head and a sheet differ by more than landmarks err."""

_MOST_FRAMES: Final = 10
_LEAST_PLACES: Final = 30
_BLUR: Final = 9
_GREYS: Final = 0.5
_LEAST_APART: Final = 2.0
"""Mean differences in grey levels: a camera's own, and from which on two ways can be told apart."""

_CRANIUM: Final = np.array(
    [
        *((-34, -48, 10), (-56, -42, 32), (-66, -18, 50), (-40, -80, 34), (-62, -66, 58), (-48, 30, 26)),
        *((34, -48, 10), (56, -42, 32), (66, -18, 50), (40, -80, 34), (62, -66, 58), (48, 30, 26)),
        *((0, -48, 2), (0, -80, 20)),
    ],
    float,
)
"""Points of a mean head's forehead, temples and cheeks, in millimetres as GENERIC_FACE has them."""

_RIGID: Final = np.array([17, 21, 22, 26, *range(27, 37), 39, 42, 45, 48, 54, 8])
_COMPLEX: Final = np.array([1, 1j])


def spline(centres: Array, places: Array) -> Array:
    """Returns k×n weights by which values at n centres make a thin-plate spline's at k places."""
    count = len(centres)
    plane = np.column_stack([np.ones(count), centres])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _bend(centres, centres) + 1e-3 * np.eye(count)
    system[:count, count:], system[count:, :count] = plane, plane.T
    basis = np.column_stack([_bend(places, centres), np.ones(len(places)), places])
    return np.asarray(np.linalg.solve(system, basis.T).T[:, :count])


def _bend(places: Array, centres: Array) -> Array:
    squares = ((places[:, None] - centres) ** 2).sum(axis=2)
    return np.asarray(squares * np.log(np.maximum(squares, 1e-12)) / 2)


_ROWS: Final = round(TEMPLATE[27].imag + 12 / _MM)
_PATCH: Final[Complex] = np.add.outer(1j * np.arange(_ROWS), np.arange(SIDE)).ravel()
_ACROSS: Final[Array] = np.column_stack([_PATCH.real, _PATCH.imag]) - (TEMPLATE[27].real, TEMPLATE[27].imag)
"""The patch down to the eyes, and the same from the nasion."""

_ABOVE: Final = (_ACROSS[:, 1] * _MM < -20) & (_ACROSS[:, 1] * _MM > -72) & (np.abs(_ACROSS[:, 0] * _MM) < 74)
"""Places above the brows, on a head."""

MEAN_HEAD_MM: Final = np.vstack([GENERIC_FACE, _CRANIUM])
_DEPTH: Final[Array] = spline(MEAN_HEAD_MM[:, :2] / SPAN_MM, _ACROSS * (_MM / SPAN_MM)) @ MEAN_HEAD_MM[:, 2]
_EDGE: Final = np.array([(x, y) for x in (-2.8, 0, 2.8) for y in (-2.1, 0.3, 2.1) if (x, y) != (0, 0.3)])
"""Where a program may hold the picture's edge, in eye spans from the nasion."""

_FREE: Final = spline(GENERIC_FACE[:, :2] / SPAN_MM, _ACROSS * (_MM / SPAN_MM))
_FAST: Final = spline(np.vstack([GENERIC_FACE[:, :2] / SPAN_MM, _EDGE]), _ACROSS * (_MM / SPAN_MM))
_HELD: Final = (_FAST[:, :68], (_FREE + _FAST[:, :68]) / 2)
"""What 68 landmarks' movements make of the places: where nothing is held, where the edge is, and half way."""


def stretching(observed: Observation) -> float | None:
    """Returns how much better a turn of a head explains the forehead after each movement than the best
    stretching of the neutral's does, over how far apart both put it: about 0 to 0.7 for a head, mostly
    below for a sheet, from 1 to -1.

    The mean over up to ten moved frames. None without a frame that turned by 9 degrees or grew by 8 %, where
    no forehead is in the picture, and where it has so little pattern that both ways look alike. Fails on
    programs that know a head's shape.
    """
    moved = _moved(observed)
    if not len(moved):
        return None
    green = observed.patches[..., 1]
    neutral = _rough(green[observed.neutral, :_ROWS].mean(axis=0, dtype=np.float32))
    ways = _Head.of(observed).ways(moved)
    compared = [_compared(way, green[i], neutral) for way, i in zip(ways, moved, strict=True)]
    found = np.array([one for one in compared if one is not None])
    if not len(found) or found[:, 1].mean() < _LEAST_APART:
        return None
    better, apart = found[:, 0], found[:, 1]
    return float((better / (apart + _GREYS)).mean(axis=0).min())


def _moved(observed: Observation) -> NDArray[np.intp]:
    """Returns indices of up to ten frames in which the head has moved as a cue asks."""
    far = (np.abs(observed.turns) > _LEAST_DEGREES).any(axis=1) | (np.abs(observed.growth) > _LEAST_GROWTH)
    asked = [observed.under(cue) for cue in observed.planned(*TURNS, *DISTANCES)]
    moved = np.intersect1d(np.flatnonzero(far), np.concatenate(asked)) if asked else np.array([], np.intp)
    every = max(1, -(-len(moved) // _MOST_FRAMES))
    return np.asarray(moved[::every], np.intp)


def _rough(level: Field) -> Field:
    """Returns a picture of one channel without its broad light and shade."""
    return np.asarray(level - cv2.blur(level, (_BLUR, _BLUR)), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """The neutral's forehead over a mean head's depths, and where its places are at rest.

    solid: k×3 millimetres before the camera; still: k pixels of the neutral's frame; patched: 68 landmarks of
    the neutral on its patch.
    """

    observed: Observation
    solid: Array
    still: Complex
    patched: Complex

    @classmethod
    def of(cls, observed: Observation) -> _Head:
        """Returns the head of a burst."""
        a, b = placings(observed.neutral_shape[None])[0]
        still = (_PATCH - b) / a
        shape = np.column_stack([_ACROSS * _MM, _DEPTH]) @ observed.level.T
        depth = observed.neutral_pose[3] + shape[:, 2]
        rays = np.column_stack([still.real, still.imag]) - observed.camera[:2, 2]
        solid = np.column_stack([rays * depth[:, None] / observed.camera[0, 0], depth])
        return cls(observed, solid, still, a * (observed.neutral_shape @ _COMPLEX) + b)

    def ways(self, frames: NDArray[np.intp]) -> Complex:
        """Returns n×4×k: where the places lie on each frame's patch, as the head turned and as each sheet was
        pulled.
        """
        placed = self.observed.placings[frames]
        a, b = placed[:, :1], placed[:, 1:]
        marks = self.observed.landmarks[frames] @ _COMPLEX
        free = _PATCH + _pulled(_FREE, a * marks + b - self.patched)
        pulled = marks - self.observed.neutral_shape @ _COMPLEX
        held = [a * (self.still + _pulled(sheet, pulled)) + b for sheet in _HELD]
        return np.stack([a * self._turned(frames) + b, free, *held], axis=1)

    def _turned(self, frames: NDArray[np.intp]) -> Complex:
        """Returns n×k pixels of the frames: the places of the solid head, posed as the landmarks are."""
        camera, model = self.observed.camera, self.observed.head[_RIGID]
        found = []
        for marks in self.observed.landmarks[frames]:
            _, turn, shift = cv2.solvePnP(model, marks[_RIGID], camera, None, flags=cv2.SOLVEPNP_SQPNP)
            there = self.solid @ cv2.Rodrigues(turn)[0].T + shift.ravel()
            found.append((there[:, :2] / there[:, 2:] * camera[0, 0] + camera[:2, 2]) @ _COMPLEX)
        return np.array(found)


def _pulled(sheet: Array, marks: Complex) -> Complex:
    """Returns n×k: how far a sheet's places go with n×68 marks."""
    return np.asarray(marks.real @ sheet.T + 1j * (marks.imag @ sheet.T))


def _compared(ways: Complex, picture: NDArray[np.uint8], neutral: Field) -> Array | None:
    """Returns 2×3 mean grey levels: how much more each sheet leaves unexplained of a picture than the head
    does, and how far apart the two are.
    """
    inside = (ways.real >= 0) & (ways.real < SIDE - 1) & (ways.imag >= 0) & (ways.imag < SIDE - 1)
    told = _ABOVE & inside.all(axis=0)
    if told.sum() < _LEAST_PLACES:
        return None
    across, down = (part.reshape(-1, SIDE).astype(np.float32) for part in (ways.real, ways.imag))
    seen = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rough = [_rough(one).ravel()[told] for one in seen.reshape(len(ways), _ROWS, SIDE).astype(np.float32)]
    left = np.array([np.abs(one - neutral.ravel()[told]).mean() for one in rough])
    apart = np.array([np.abs(one - rough[0]).mean() for one in rough[1:]])
    return np.array([left[1:] - left[0], apart], np.float64)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = stretching(observed)
    return {} if found is None else {"stretching": found}
