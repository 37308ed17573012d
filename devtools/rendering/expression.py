"""Blink and smile, made by moving the lids and the corners of the mouth in the photograph."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from devtools.rendering.mesh import Floats, Image

# Outer corner, upper lid (2), inner corner, lower lid (2), each from left to right in the image.
_EYES: Final = (((36, 37, 38, 39), (36, 41, 40, 39)), ((42, 43, 44, 45), (42, 47, 46, 45)))


def with_expression(canvas: Image, landmarks: Floats, *, blink: float, smile: float) -> Image:
    """Return the canvas with the eyes closed by `blink` and the mouth smiling by `smile`, both 0–1."""
    if blink < 0.02 and smile < 0.02:
        return canvas
    result = canvas.copy()
    if blink >= 0.02:
        for upper, lower in _EYES:
            _close_eye(result, landmarks[list(upper)], landmarks[list(lower)], blink)
    if smile >= 0.02:
        _lift_mouth(result, landmarks[48], landmarks[54], smile)
    return result


def _close_eye(canvas: Image, upper: Floats, lower: Floats, amount: float) -> None:
    """Draw the upper lid down over the eye: skin mirrored from below it, and a line of lashes at its edge."""
    width = float(np.ptp(upper[:, 0]))
    left, right = int(upper[0, 0] - 0.06 * width), int(upper[-1, 0] + 0.06 * width) + 1
    top, bottom = int(upper[:, 1].min() - 0.4 * width), int(lower[:, 1].max() + 0.8 * width) + 1
    columns = np.arange(left, right, dtype=np.float32)
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    crease = np.interp(columns, upper[:, 0], upper[:, 1]) - 0.30 * width
    floor = np.interp(columns, lower[:, 0], lower[:, 1]) - 0.08 * width
    edge = crease + amount * (floor - crease)
    skin = (floor + 0.12 * width + (edge - rows)).astype(np.float32)
    across = np.broadcast_to(columns, skin.shape).astype(np.float32)
    lid = cv2.remap(canvas, across, skin, cv2.INTER_LINEAR).astype(np.float32)
    lashes = np.exp(-(((rows - edge) / (0.045 * width)) ** 2)).astype(np.float32)[:, :, None]
    covered = ((rows >= crease) & (rows < edge)).astype(np.float32)
    share = cv2.GaussianBlur(covered, (0, 0), 0.025 * width)[:, :, None]
    eye = canvas[top:bottom, left:right]
    eye[:] = (eye * (1 - share) + lid * share) * (1 - 0.7 * amount * lashes)


def _lift_mouth(canvas: Image, right_corner: Floats, left_corner: Floats, amount: float) -> None:
    width = float(np.linalg.norm(left_corner - right_corner))
    x0, x1 = int(right_corner[0] - width), int(left_corner[0] + width)
    middle = float(right_corner[1] + left_corner[1]) / 2
    y0, y1 = max(int(middle - width), 0), min(int(middle + 0.8 * width), canvas.shape[0])
    x, y = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
    from_x, from_y = x.copy(), y.copy()
    for corner, side in ((right_corner, -1), (left_corner, 1)):
        shift = (side * 0.12 * width * amount, -0.11 * width * amount)
        away = (x - corner[0] - shift[0]) ** 2 + (y - corner[1] - shift[1]) ** 2
        pull = np.exp(-away / (2 * (0.27 * width) ** 2))
        from_x -= shift[0] * pull
        from_y -= shift[1] * pull
    canvas[y0:y1, x0:x1] = cv2.remap(canvas, from_x, from_y, cv2.INTER_LINEAR)
