"""A network that tells by one picture how alive a face looks: paper and screens have a grain and an edge.

fr_liveness.onnx of the npm package faceplugin-face-recognition-js 0.0.1, which says MIT. Nobody says what it
was trained on (docs/engines.md), so it is asked only where VISOR_PASSIVE_LIVENESS allows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Box, Image

from .base import verified_bytes
from .exposure import balanced
from .session import Session

FILE: Final = "fr_liveness.onnx"
SHA256: Final = "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d"
SIDE: Final = 128
AROUND: Final = 2.7
"""The looked at part of the picture over the face's box, as the network's authors take it."""
_LIVE: Final = 0
"""Which of the network's three classes is a living face."""


class Passive:
    """The network on one face of a picture; safe in a forked worker."""

    def __init__(self, files: Path) -> None:
        """Read the network below a folder; raises ModelProblem where it is not the pinned one."""
        self._network = Session(verified_bytes(files / FILE, SHA256))

    def living(self, image: Image, box: Box) -> float:
        """Return how alive the face in a box of an RGB picture looks, 0 to 1, in evened light."""
        part = cv2.resize(_around(image, box), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        batch = balanced(part)[None, ..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        (row,) = self._network.run(np.ascontiguousarray(batch))
        shares = np.exp(row - row.max())
        return float(shares[_LIVE] / shares.sum())


def _around(image: Image, box: Box) -> Image:
    """Return AROUND times the box, moved and made smaller so that it lies within the picture."""
    corners = np.array(box, np.float64).reshape(2, 2)
    size = np.maximum(corners[1] - corners[0], 1.0)
    extent = np.array(image.shape[1::-1], np.float64)
    wanted = size * min(AROUND, *(extent / size))
    low = np.clip(corners.mean(axis=0) - wanted / 2, 0, extent - wanted)
    (x, y), (width, height) = low.astype(int).tolist(), np.maximum(wanted.astype(int), 1).tolist()
    return image[y : y + height, x : x + width]
