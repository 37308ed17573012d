"""MediaPipe's face networks, as `make models` takes them out of its wheel, pinned by hash and converted once.

The wheel of the package mediapipe is a carrier: nothing else of it is kept, and it is never installed. Where
another release of onnx writes a network differently, what it wrote is tried against a few of the values that
TensorFlow Lite's own interpreter gives (tests/unit/biometrics/test_mesh_models.py compares all of them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from authsvc.biometrics.types import Array, Image

from .base import ModelProblem, verified_bytes
from .converted import kept
from .from_tflite import converted
from .session import Session

TOLERANCE: Final = 1e-4
"""Of the values' own range: how far a conversion may be from the interpreter."""


@dataclass(frozen=True, slots=True)
class MeshModel:
    """A network's file, how a pixel's value enters it (x · scale + shift), and what it is known by.

    `sha256` is of the file, `converted` of the conversion, which changes with every change to that.
    `expected` are the values at `places` of the row that the interpreter gives for `check_picture`.
    """

    file: str
    sha256: str
    converted: str
    side: int
    scale: float
    shift: float
    places: tuple[int, ...]
    expected: tuple[float, ...]


DETECTION: Final = MeshModel(
    file="face_detection_short_range.tflite",
    sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    converted="92cde595690dc8efee10d013c0503c25182e9c91020483f3a9d4eb1ada428505",
    side=128,
    scale=1 / 127.5,
    shift=-1.0,
    places=(0, 2, 3, 100, 500, 1000, 15231),
    expected=(0.407687, 27.070595, 27.070225, -4.345657, -4.594029, 1.376219, -33.685680),
)
LANDMARKS: Final = MeshModel(
    file="face_landmark.tflite",
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    converted="f8dcfcf7a5e3e23a80153e345547e821b2036ca230eb433408ea44802dd5673e",
    side=192,
    scale=1 / 255,
    shift=0.0,
    places=(0, 1, 2, 100, 500, 1000, 1404),
    expected=(99.365517, 114.880898, -12.862667, 73.492424, -16.231441, 37.342052, -7.794490),
)
MODELS: Final = (DETECTION, LANDMARKS)


def hashes() -> Mapping[str, str]:
    """Return what an engine's id says of these networks: each file, and each conversion."""
    files = {model.file: model.sha256 for model in MODELS}
    return files | {f"conversion of {model.file}": model.converted for model in MODELS}


def network(model: MeshModel, *, files: Path, cache: Path) -> bytes:
    """Return a network as ONNX, from its file below `files`, made and checked once; raises ModelProblem."""
    source = verified_bytes(files / model.file, model.sha256)

    def make() -> bytes:
        content = converted(source, scale=model.scale, shift=model.shift)
        _check(content, model)
        return content

    return kept(cache / f"{Path(model.file).stem}-{model.converted[:16]}.onnx", model.converted, make)


def check_picture(side: int) -> Image:
    """Return the picture on which a conversion is checked: no person's face."""
    values = np.arange(side * side * 3, dtype=np.int64) * 7919 % 256
    return values.astype(np.uint8).reshape(side, side, 3)


def _check(content: bytes, model: MeshModel) -> None:
    (row,) = Session(content).run(check_picture(model.side)[None])
    worst = _furthest(row[list(model.places)], np.array(model.expected, np.float32))
    if not worst <= TOLERANCE:
        raise ModelProblem(f"the conversion of {model.file} is off by {worst:.2g} of its range")


def _furthest(found: Array, expected: Array) -> float:
    return float(np.abs(found - expected).max() / max(float(np.ptp(expected)), 1.0))
