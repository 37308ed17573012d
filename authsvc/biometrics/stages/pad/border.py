"""Bezel and border cues: straight edges that frame the face on several sides, as of a sheet or a screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Image

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation

CALIBRATIONS: Final = {
    "framing": Calibration(-1.0, 1.5, -1.5, 0.3, 0.6),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "framing": ("flat-print", "bent-print", "cut-out", "screen-photo"),
}
FAILS: Final = {
    "framing": "sheets larger than the picture; doors and cupboards behind a person",
}

_SHRINK: Final = 4


def framing(observed: Observation) -> float:
    """Returns how much of a frame stands around the face: 0 to 4 sides, each counted by its longest straight
    edge.

    The median over the neutral and the last frame. Fails on sheets larger than the picture; doors and
    cupboards behind a person raise it, so it weighs little.
    """
    chosen = {int(observed.neutral[0]), int(observed.neutral[-1]), len(observed.images) - 1}
    return float(np.median([_sides(observed.images[i], observed.landmarks[i]) for i in chosen]))


def _sides(image: Image, points: Array) -> float:
    green = cv2.extractChannel(image, 1)
    grey = cv2.resize(green, None, fx=1 / _SHRINK, fy=1 / _SHRINK, interpolation=cv2.INTER_AREA)
    edges = cv2.Canny(grey, 60, 140)
    face = points / _SHRINK
    span = float(np.hypot(*(face[45] - face[36])))
    lines = cv2.HoughLinesP(edges, 1, np.pi / 90, 20, minLineLength=1.2 * span, maxLineGap=3)
    longest = np.zeros(4)
    for line in [] if lines is None else lines.reshape(-1, 4).astype(float):
        side = _side(line, face, span)
        if side is not None:
            length = float(np.hypot(line[2] - line[0], line[3] - line[1]))
            longest[side] = max(longest[side], min(1.0, length / (2.5 * span)))
    return float(longest.sum())


def _side(line: Array, face: Array, span: float) -> int | None:
    """Returns 0-3 for left, right, above, below the face, or None for lines through it or far off."""
    middle = np.array([(line[0] + line[2]) / 2, (line[1] + line[3]) / 2]) - face[30]
    along = np.abs([line[2] - line[0], line[3] - line[1]])
    axis = 0 if along[1] > along[0] else 1
    offset = float(middle[axis])
    if not 0.85 * span < abs(offset) < 3.2 * span:
        return None
    return 2 * axis + int(offset > 0)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    return {"framing": framing(observed)}
