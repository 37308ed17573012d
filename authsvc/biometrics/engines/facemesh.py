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

MIDDLE: Final = 0.2
"""Of the square's side: how far off its middle a face may be, before the square is laid anew."""

_OUTER_CORNERS: Final = (33, 263)
_EYES: Final = (33, 133, 362, 263)
_MOUTH: Final = (61, 291)
_CHIN: Final = 152

_BOX: Final = 1.3
_BELOW: Final = 0.07
"""Of the distance from the eyes to the chin: the side of the box that dlib's detector finds, and how far its
middle lies below that of eyes and mouth, as medians over heads that turn and over level ones.
"""
_ABOUT_BOX: Final = 1.2
"""The longer side of all points over the side of that box."""
_FROM_68: Final = 1.129
_HIGHER: Final = 0.103
"""Of the longer side of 68 landmarks: the longer side of the 468 points, and how much higher their middle is.

These three are medians over the development part of LFW.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """468×2 points in pixels of the picture, and how surely they are a face's, 0 to 1."""

    points: Array
    sure: float

    @property
    def turn(self) -> float:
        """How much the eyes slope, in radians, clockwise."""
        right, left = self.points[list(_OUTER_CORNERS)]
        across = left - right
        return float(np.arctan2(across[1], across[0]))

    @property
    def box(self) -> Box:
        """The box that dlib's detector would find, nearly: what its landmarks expect."""
        eyes = self.points[list(_EYES)].mean(axis=0)
        length = float(np.linalg.norm(self.points[_CHIN] - eyes))
        middle = self.points[[*_EYES, *_MOUTH]].mean(axis=0) + np.array((0, _BELOW * length))
        left, top = (round(float(each)) for each in middle - _BOX * length / 2)
        return left, top, left + round(_BOX * length), top + round(_BOX * length)


class FaceMesh:
    """The points of one face; safe in a forked worker."""

    def __init__(self, network: Session) -> None:
        self._network = network

    def found(self, image: Image, box: Box) -> Mesh:
        """Return the points of the face in a box of BlazeFace's, in an RGB picture."""
        return self._in_square(image, _corners(box))

    def near(self, image: Image, last: Box) -> Mesh:
        """Return the points of the face that a moment before had a box as Mesh.box."""
        corners = _corners(last)
        middle = corners.mean(axis=0)
        return self._in_square(image, middle + (corners - middle) * _ABOUT_BOX)

    def _in_square(self, image: Image, corners: Array) -> Mesh:
        """Return the points, seen twice where the first square was not level or not about the face."""
        found = self._seen(image, _square(corners, 0.0))
        side = float((corners[1] - corners[0]).max())
        off = (found.points.min(axis=0) + found.points.max(axis=0)) / 2 - corners.mean(axis=0)
        if abs(found.turn) <= LEVEL and float(np.abs(off).max()) <= MIDDLE * side:
            return found
        return self._seen(image, _square(found.points, found.turn))

    def under(self, image: Image, landmarks: Array) -> Mesh:
        """Return the points of the face whose 68×2 landmarks are known."""
        low, high = landmarks.min(axis=0), landmarks.max(axis=0)
        side = float((high - low).max())
        middle, half = (low + high) / 2 - (0, _HIGHER * side), _FROM_68 * side / 2
        eyes = landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)
        corners = np.array([middle - half, middle + half], np.float32)
        return self._seen(image, _square(corners, float(np.arctan2(eyes[1], eyes[0]))))

    def _seen(self, image: Image, matrix: Array) -> Mesh:
        picture = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        (row,) = self._network.run(balanced(picture)[None])
        back = cv2.invertAffineTransform(matrix)
        points = row[: 3 * POINTS].reshape(POINTS, 3)[:, :2] @ back[:, :2].T + back[:, 2]
        return Mesh(points.astype(np.float32), float(1 / (1 + np.exp(-np.clip(row[-1], -80, 80)))))


def _corners(box: Box) -> Array:
    return np.array(box, np.float32).reshape(2, 2)


def _square(points: Array, turn: float) -> Array:
    """Return the 2×3 matrix that lays a square around points, turned by radians, on the network's picture."""
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = SIDE / (AROUND * max(float((high - low).max()), 1.0))
    return np.column_stack([axes * scale, SIDE / 2 - axes @ ((low + high) / 2) * scale])
