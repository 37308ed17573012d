"""Light evened out before a network looks: a dim room or a coloured lamp hides a face from it, not the face."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Image

LEVEL: Final = 120.0
"""The mean that each colour of a picture's middle is brought to, of 255."""
MOST: Final = 10.0
"""The most that a colour is multiplied by: below that the camera's noise is more than what it saw."""

_STEPS: Final = np.arange(256, dtype=np.float32)[:, None]


def balanced(picture: Image) -> Image:
    """Return an RGB picture with each colour multiplied so that its middle has one level of grey.

    The middle is the inner half of the picture each way, where a face fills it.
    """
    height, width = picture.shape[:2]
    middle = picture[height // 4 : height - height // 4, width // 4 : width - width // 4]
    means = np.array(cv2.mean(middle)[:3], np.float32)
    gains = np.clip(LEVEL / np.maximum(means, 1.0), 1 / MOST, MOST)
    table = np.clip(_STEPS * gains + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)
