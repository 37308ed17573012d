"""The face of every frame, small and upright in one place: what signals that look at all frames share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import GENERIC_FACE
from authsvc.biometrics.types import Image

Array = NDArray[np.float64]
Patches = NDArray[np.uint8]

SIDE: Final = 48
"""Pixels of a patch's side; the outer corners of the eyes lie half of it apart."""

_ANCHORS: Final = np.array([*range(27, 36), 36, 39, 42, 45, 48, 54])
"""Landmarks that hold a face in its place and no blink moves: nose, corners of eyes and mouth."""

_COMPLEX: Final = np.array([1, 1j])
_CORNERS: Final = np.array([0, SIDE, 1j * SIDE, SIDE + 1j * SIDE])
_HALVED: Final = 0.4
"""Scale below which a picture is halved before pixels are taken between its own."""


def _template() -> NDArray[np.complex128]:
    shape = GENERIC_FACE[:, :2] @ _COMPLEX
    placed = (shape - shape[[36, 45]].mean()) * (SIDE / 2 / abs(shape[45] - shape[36]))
    return np.asarray(placed + SIDE / 2 + 1j * (0.36 * SIDE))


TEMPLATE: Final = _template()
"""68 complex pixels: where a generic face that looks into the camera has its landmarks on a patch."""


def placings(landmarks: Array) -> NDArray[np.complex128]:
    """Returns n×2 numbers a and b: a·(x + iy) + b takes a frame's pixels to its patch's, in least squares.

    Raises ValueError where the landmarks of a frame lie in one point.
    """
    points, target = landmarks[:, _ANCHORS] @ _COMPLEX, TEMPLATE[_ANCHORS]
    middle = points.mean(axis=1)
    moving, fixed = points - middle[:, None], target - target.mean()
    spread = (np.abs(moving) ** 2).sum(axis=1)
    if not bool((spread > 0).all()):
        raise ValueError("landmarks in one point are no face")
    a = (moving.conj() @ fixed) / spread
    return np.column_stack([a, target.mean() - a * middle])


def patches_of(images: Sequence[Image], placed: NDArray[np.complex128]) -> Patches:
    """Returns n×SIDE×SIDE×3: the face of each RGB image in its place; the edge is repeated beyond it."""
    found = np.empty((len(images), SIDE, SIDE, 3), np.uint8)
    height, width = images[0].shape[:2]
    corners = (_CORNERS - placed[:, 1:]) / placed[:, :1]
    across, down = np.clip(corners.real, 0, width - 4), np.clip(corners.imag, 0, height - 4)
    boxes = np.column_stack([across.min(axis=1), down.min(axis=1), across.max(axis=1), down.max(axis=1)])
    for patch, image, (a, b), box in zip(
        found, images, placed.tolist(), boxes.astype(int).tolist(), strict=True
    ):
        patch[:] = _patch(image, a, b, box)
    return found


def _patch(image: Image, a: complex, b: complex, box: list[int]) -> Image:
    left, top, right, bottom = box
    part, step = image[top : bottom + 4, left : right + 4], 1
    while abs(a) * step < _HALVED:
        height, width = part.shape[0] // 2, part.shape[1] // 2
        # Even sides, so that each small pixel is the mean of four.
        part = cv2.resize(part[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
        step *= 2
    # A small pixel's middle is the middle of those that it was averaged from.
    shift, grown = a * complex(left + (step - 1) / 2, top + (step - 1) / 2) + b, a * step
    matrix = np.array([[grown.real, -grown.imag, shift.real], [grown.imag, grown.real, shift.imag]])
    warped = cv2.warpAffine(
        part, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)
