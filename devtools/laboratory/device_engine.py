"""What the software phone compares by, where it compares itself: the server's own network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.types import fuse

MOST: Final = 6
"""Pictures that are looked at: spread over those in which the head is straight."""


class ServersOwnEngine:
    """See DeviceEngine of devtools/phone/comparing.py; nothing is loaded before something is compared."""

    @cached_property
    def _engine(self) -> Engine:
        return load_engine()

    @property
    def engine_id(self) -> str:
        """The name of the server's engine, whose evaluation record vouches for it."""
        return self._engine.engine_id

    def matches(self, pictures: Sequence[bytes], *, vector: bytes, threshold: float) -> bool:
        """Tell whether the pictures show whom the reference describes; none of them does without a face."""
        step = max(1, len(pictures) // MOST)
        images = [self._decoded(picture) for picture in pictures[::step][:MOST]]
        seen = [(image, boxes[0]) for image in images if (boxes := self._engine.detect(image))]
        if not seen:
            return False
        landmarks = [self._engine.landmarks(image, box) for image, box in seen]
        mirrored = [True, *[False] * (len(seen) - 1)]
        found = self._engine.features([image for image, _ in seen], landmarks, mirrored=mirrored)
        vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
        probe = fuse(vectors, np.full(len(vectors), 1 / len(vectors), np.float32))
        return bool(float(probe @ np.frombuffer(vector, "<f4")) >= threshold)

    @staticmethod
    def _decoded(picture: bytes) -> np.ndarray:
        return np.asarray(
            cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        )
