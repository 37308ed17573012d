"""The default engine: dlib's network rebuilt for onnxruntime.

Many times faster than dlib's own evaluation of the same weights, without the interpreter's lock, and equal to
it: conversion is checked against dlib before a converted file is ever used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import dlib
import numpy as np

from authsvc.biometrics.types import Array, Image

from .base import ModelProblem, engine_id
from .conversion import build
from .converted import kept
from .dlib_models import NETWORK, SHA256, checked_path
from .dlib_weights import read_network
from .faces import CHIP, Faces, WithFaces, describe_faces
from .session import Session

CONVERTED: Final = "3eb4bfbd61eaf537b6d0a9a5bbe5e94dc6ca799c12d2be78419cf2bb78e16a52"
"""SHA-256 of the converted network; changes with every change to the conversion."""
TOLERANCE: Final = 1e-5


class DlibOnnxEngine(WithFaces):
    """See Engine."""

    name = "dlib_onnx"
    feature_size = 128
    metric = "cosine"
    apart = 0.32

    def __init__(self, faces: Faces, cache: Path, *, threads: int = 1) -> None:
        super().__init__(faces)
        self.engine_id = engine_id(
            self.name, {NETWORK: SHA256[NETWORK], "conversion": CONVERTED, **faces.hashes}
        )
        self._network = Session(converted_network(cache), threads=threads)

    def features(
        self, images: Sequence[Image], landmarks: Sequence[Array], *, mirrored: Sequence[bool] = ()
    ) -> Array:
        """See Engine."""
        return describe_faces(self.describe, images, landmarks, mirrored)

    def describe(self, chips: Sequence[Image]) -> Array:
        """Return n×128 float32 features of n aligned 150×150 chips."""
        if not chips:
            return np.zeros((0, self.feature_size), np.float32)
        return self._network.run(np.stack(chips))


def converted_network(cache: Path) -> bytes:
    """Return the network as ONNX bytes, converted and checked once; raises ModelProblem."""
    source = checked_path(NETWORK)

    def make() -> bytes:
        content = build(read_network(source.read_bytes())).SerializeToString()
        _check_against_dlib(content)
        return bytes(content)

    return kept(cache / f"dlib-{CONVERTED[:16]}.onnx", CONVERTED, make)


def _chips() -> np.ndarray:
    """Return chips for checking a conversion: smooth shapes, noise and grey; no person's face."""
    y, x = np.mgrid[0:CHIP, 0:CHIP].astype(np.float32) / CHIP
    waves = np.stack([np.sin(x * a + y * b) for a, b in ((3, 7), (11, 2), (23, 31))], -1)
    noise = (np.arange(CHIP * CHIP * 3, dtype=np.uint64) * 2654435761 >> 16).reshape(CHIP, CHIP, 3) % 256
    return np.stack([waves * 100 + 128, waves[..., ::-1] * 60 + 90, noise, np.full_like(waves, 127)]).astype(
        np.uint8
    )


def _check_against_dlib(content: bytes) -> None:
    chips = _chips()
    ours = Session(content).run(chips)
    network: Any = dlib.face_recognition_model_v1(str(checked_path(NETWORK)))
    theirs = np.array([np.array(network.compute_face_descriptor(one)) for one in chips], np.float32)
    worst = float(np.abs(ours - theirs).max())
    if not worst <= TOLERANCE:
        raise ModelProblem(f"the converted network differs from dlib by {worst:.2g}")
