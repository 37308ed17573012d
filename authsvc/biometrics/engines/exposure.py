"""Light evened out before a network looks: a dim room or a coloured lamp hides nothing but from it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Image

LEVELS: Final = (150.0, 115.0, 90.0)
"""Red, green and blue of a face in good light: about the median over the development part of LFW."""
GOOD: Final = 1.5
"""A picture whose middle is within this factor of LEVELS in each colour is left as it is."""
MOST: Final = 10.0
"""The most that a colour is multiplied by: below that the camera's noise is more than what it saw."""

_STEPS: Final = np.arange(256, dtype=np.float32)[:, None]


def balanced(picture: Image) -> Image:
    """Return an RGB picture with each colour multiplied so that its middle has the colour of a lit face.

    The middle is the inner half of the picture each way, where a face fills it. A picture in good light is
    returned as it is.
    """
    height, width = picture.shape[:2]
    middle = picture[height // 4 : height - height // 4, width // 4 : width - width // 4]
    means = np.array(cv2.mean(middle)[:3], np.float32)
    gains = np.clip(LEVELS / np.maximum(means, 1.0), 1 / MOST, MOST)
    if gains.min() >= 1 / GOOD and gains.max() <= GOOD:
        return picture
    table = np.clip(_STEPS * gains + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)
