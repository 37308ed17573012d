"""Completes a photograph that is turned aside: what it hides of one cheek is taken from the other."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from devtools.rendering.mesh import MIRRORED, Floats, Head, Image, rotation
from devtools.rendering.warp import enlarge, move, paint

_ASIDE_FROM: Final = 2.0
_ASIDE_FULLY: Final = 10.0
_LIGHT_BLUR: Final = 35


def completed(head: Head) -> Image:
    """Return a BGR canvas on which the head faces the camera, its hidden side filled from the visible one."""
    size = (head.canvas.shape[1], head.canvas.shape[0])
    moved = move(head, rotation(*head.level), 0.0)
    source = paint(head, moved, np.column_stack([head.vertices, _share(head)]), size)
    share = cv2.GaussianBlur(enlarge(source[:, :, 2], size), (0, 0), 5)[:, :, None]
    direct = cv2.remap(
        head.canvas, enlarge(source[:, :, :2], size), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    face = moved[:68, :2]
    to_other_side = np.linalg.lstsq(np.column_stack([face, np.ones(68)]), face[MIRRORED])[0].T
    other = cv2.warpAffine(direct, to_other_side, size, borderMode=cv2.BORDER_REPLICATE)
    return (direct * (1 - share) + _lit_like(other, direct) * share).astype(np.uint8)


def _share(head: Head) -> Floats:
    """Return how much of each vertex comes from the other side: 0 up to the nose, 1 at the hidden cheek."""
    yaw = head.level[0]
    middle = head.vertices[[27, 28, 29, 30, 33, 51, 57, 8]].mean(axis=0)
    half = float(np.ptp(head.vertices[:17, 0])) / 2
    # A head that must be turned to its own right looks to its left, and hides its left, the image's right.
    across = (head.vertices[:, 0] - middle[0]) / half * np.sign(-yaw)
    ramp = np.clip((across - 0.1) / 0.5, 0, 1) * head.weight
    return (ramp * np.clip((abs(yaw) - _ASIDE_FROM) / (_ASIDE_FULLY - _ASIDE_FROM), 0, 1)).astype(np.float32)


def _lit_like(picture: Image, model: Image) -> Floats:
    """Return the picture with the model's broad light and shade."""
    mine, its = (
        cv2.GaussianBlur(image, (0, 0), _LIGHT_BLUR).astype(np.float32) + 8 for image in (picture, model)
    )
    return np.clip(picture * np.clip(its / mine, 0.6, 1.6), 0, 255).astype(np.float32)
