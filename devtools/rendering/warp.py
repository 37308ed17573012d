"""Moves a head's mesh and paints it: each triangle is an affine map from the picture back to the canvas."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from devtools.rendering.mesh import FOCAL, Floats, Head

CELL: Final = 2
"""Picture pixels per cell on which the warp is computed."""

_SUBPIXEL_BITS: Final = 4
_NEAREST_MM: Final = 60


def move(head: Head, turn: Floats, nearer: float) -> Floats:
    """Return the mesh after a turn and a move towards the camera: n×3, canvas pixels and millimetres."""
    there = (head.points - head.pivot) @ turn.T + head.pivot
    there[:, 2] = np.maximum(there[:, 2] - nearer, _NEAREST_MM)
    height, width = head.canvas.shape[:2]
    full = there[:, :2] * (FOCAL / there[:, 2:]) + np.array([width / 2, height / 2], np.float32)
    pixels = head.vertices + (full - head.vertices) * head.weight[:, None]
    return np.column_stack([pixels, there[:, 2]]).astype(np.float32)


def paint(head: Head, moved: Floats, attributes: Floats, size: tuple[int, int]) -> Floats:
    """Return k attributes of the vertices, interpolated over the moved mesh: rows×columns×k cells.

    `size` is the picture's width and height. Nearer triangles are painted over farther ones; those that face
    away are left out.
    """
    corners = moved[head.triangles]
    order = _seen(corners, head.winding)
    owner = np.zeros((size[1] // CELL, size[0] // CELL), np.int32)
    pixels = np.round(corners[:, :, :2] * (2**_SUBPIXEL_BITS / CELL)).astype(np.int32)
    for index in order:
        cv2.fillConvexPoly(owner, pixels[index], int(index), shift=_SUBPIXEL_BITS)
    frame = np.concatenate([corners[:, :, :2], np.ones((len(corners), 3, 1), np.float32)], axis=2)
    affine = np.zeros((len(corners), 3, attributes.shape[1]), np.float32)
    affine[order] = np.linalg.solve(frame[order].astype(np.float64), attributes[head.triangles][order])
    x, y = np.meshgrid(np.arange(owner.shape[1]) * CELL, np.arange(owner.shape[0]) * CELL)
    places = np.dstack([x, y, np.ones_like(x)]).astype(np.float32)
    cells: Floats = np.einsum("yxi,yxij->yxj", places, affine[owner])
    return cells


def enlarge(cells: Floats, size: tuple[int, int]) -> Floats:
    """Return the cells interpolated to every pixel of a picture of this width and height."""
    matrix = np.array([[1 / CELL, 0, 0], [0, 1 / CELL, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(cells, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _seen(corners: Floats, winding: Floats) -> NDArray[np.intp]:
    edges = corners[:, 1:, :2] - corners[:, :1, :2]
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    facing = np.flatnonzero(area * winding > 0.5)
    return facing[np.argsort(-corners[facing, :, 2].mean(axis=1))]
