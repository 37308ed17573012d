"""The plain dlib library: the reference that the default engine is tested against on every chip."""

from __future__ import annotations

from collections.abc import Sequence

import dlib
import numpy as np

from authsvc.biometrics.types import Array, Image

from .base import engine_id
from .dlib_models import NETWORK, SHA256, checked_path
from .faces import Faces, WithFaces, describe_faces


class DlibEngine(WithFaces):
    """The 128-D network as dlib computes it; see Engine."""

    name = "dlib"
    feature_size = 128
    metric = "cosine"
    apart = 0.32

    def __init__(self, faces: Faces) -> None:
        super().__init__(faces)
        self.engine_id = engine_id(self.name, {NETWORK: SHA256[NETWORK], **faces.hashes})
        self._network = dlib.face_recognition_model_v1(str(checked_path(NETWORK)))

    def features(
        self, images: Sequence[Image], landmarks: Sequence[Array], *, mirrored: Sequence[bool] = ()
    ) -> Array:
        """See Engine."""
        return describe_faces(self.describe, images, landmarks, mirrored)

    def describe(self, chips: Sequence[Image]) -> Array:
        """Return n×128 float32 features of n aligned 150×150 chips."""
        rows = [np.array(self._network.compute_face_descriptor(one)) for one in chips]
        return np.array(rows, np.float32).reshape(-1, self.feature_size)
