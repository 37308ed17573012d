"""One frame, as a page hands it over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_ACROSS: Final = 3
_DOWN: Final = 4


def framed(picture: Pixels) -> Pixels:
    """Return what is sent of a camera's picture, rows×columns×3: the largest upright part of 3:4 in its
    middle (docs/protocol.md, section 3).
    """
    height, width = picture.shape[:2]
    unit = min(width / _ACROSS, height / _DOWN)
    across, down = round(_ACROSS * unit), round(_DOWN * unit)
    left, top = (width - across) // 2, (height - down) // 2
    return np.ascontiguousarray(picture[top : top + down, left : left + across])


@dataclass(frozen=True, slots=True)
class Frame:
    """One camera frame: its step, `t` in milliseconds since the first cue, `media` in seconds."""

    step: int
    t: float
    media: float
    jpeg: bytes
