"""FaceMesh (Kartynnik and others, 2019; MediaPipe, Apache-2.0): 468 points of a face.

The network sees a square of 192×192 pixels, a face and a half wide and level, and answers with points in
pixels of that square and how surely it holds a face. The square is laid as MediaPipe lays it
(face_landmark_front_cpu.pbtxt): one and a half times as large as what is known of the face, turned so that
the eyes are level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Array, Box, Image

from .exposure import balanced
from .session import Session

SIDE: Final = 192
POINTS: Final = 468
AROUND: Final = 1.5
"""The square's side over the face's longer one."""
LEVEL: Final = float(np.radians(8.0))
"""By how much the eyes may slope in a square that was laid level, before it is laid anew."""

_EYES: Final = (33, 263)
"""The outer corner of the right eye, and of the left."""
_BOX: Final = 0.93
_LOWER: Final = 0.046
"""Of the points' longer side: the side of the box that BlazeFace finds, and how much lower its middle is.

The medians over the development part of LFW.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """468×2 points in pixels of the picture, and how surely they are a face's, 0 to 1."""

    points: Array
    sure: float

    @property
    def turn(self) -> float:
        """How much the eyes slope, in radians, clockwise."""
        across = self.points[_EYES[1]] - self.points[_EYES[0]]
        return float(np.arctan2(across[1], across[0]))

    @property
    def box(self) -> Box:
        """The box that BlazeFace would find, nearly."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        side = float((high - low).max())
        middle = (low + high) / 2 + (0, _LOWER * side)
        left, top = (round(float(each)) for each in middle - _BOX * side / 2)
        return left, top, left + round(_BOX * side), top + round(_BOX * side)


class FaceMesh:
    """The points of one face; safe in a forked worker."""

    def __init__(self, network: Session) -> None:
        self._network = network

    def at(self, image: Image, box: Box) -> Mesh:
        """Return the points of the face in a box of an RGB picture.

        Twice: a box says little of where a face ends and how it is turned, its points say all.
        """
        return self._laid_anew(image, self._in_box(image, box))

    def near(self, image: Image, last: Box) -> Mesh:
        """Return the points of the face that was in a box a moment before; twice only where it is turned."""
        found = self._in_box(image, last)
        return self._laid_anew(image, found) if abs(found.turn) > LEVEL else found

    def _in_box(self, image: Image, box: Box) -> Mesh:
        return self._seen(image, _square(np.array(box, np.float32).reshape(2, 2), 0.0))

    def _laid_anew(self, image: Image, found: Mesh) -> Mesh:
        return self._seen(image, _square(found.points, found.turn))

    def _seen(self, image: Image, matrix: Array) -> Mesh:
        picture = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        (row,) = self._network.run(balanced(picture)[None])
        back = cv2.invertAffineTransform(matrix)
        points = row[: 3 * POINTS].reshape(POINTS, 3)[:, :2] @ back[:, :2].T + back[:, 2]
        return Mesh(points.astype(np.float32), float(1 / (1 + np.exp(-np.clip(row[-1], -80, 80)))))


def _square(points: Array, turn: float) -> Array:
    """Return the 2×3 matrix that lays the square around points, turned by radians, on the network's picture."""
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    level = points @ axes.T
    low, high = level.min(axis=0), level.max(axis=0)
    scale = SIDE / (AROUND * max(float((high - low).max()), 1.0))
    return np.column_stack([axes * scale, SIDE / 2 - (low + high) / 2 * scale])
