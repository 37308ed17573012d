"""FaceMesh (Kartynnik and others, 2019; MediaPipe, Apache-2.0): 468 points of a face, and 68 of them by their names.

The network sees a square of 192×192 pixels, a face and a half wide and level, and answers with points in
pixels of that square and how surely it holds a face. The square is laid as MediaPipe lays it
(face_landmark_front_cpu.pbtxt): one and a half times as large as what is known of the face, turned so that
the eyes are level.
"""

from __future__ import annotations

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

_EYES: Final = (33, 263)
"""The outer corner of the right eye, and of the left."""


class FaceMesh:
    """The 468 points of the face in a box; safe in a forked worker."""

    def __init__(self, network: Session) -> None:
        self._network = network

    def points(self, image: Image, box: Box, passes: int = 2) -> Array:
        """Return the 468×2 points of the face in a box of an RGB picture, in its pixels."""
        points = self._seen(image, _square(np.array(box, np.float32).reshape(2, 2), 0.0))
        for _ in range(passes - 1):
            right, left = points[list(_EYES)]
            turn = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
            points = self._seen(image, _square(points, turn))
        return points

    def _seen(self, image: Image, matrix: Array) -> Array:
        picture = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        (row,) = self._network.run(balanced(picture)[None])
        points = row[: 3 * POINTS].reshape(POINTS, 3)[:, :2]
        back = cv2.invertAffineTransform(matrix)
        return np.asarray(points @ back[:, :2].T + back[:, 2], np.float32)


def _square(points: Array, turn: float) -> Array:
    """Return the 2×3 matrix that lays the square around points, turned by radians, on the network's picture."""
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    level = points @ axes.T
    low, high = level.min(axis=0), level.max(axis=0)
    scale = SIDE / (AROUND * float((high - low).max()))
    return np.column_stack([axes * scale, SIDE / 2 - (low + high) / 2 * scale])
