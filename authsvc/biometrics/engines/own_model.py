"""A face network of one's own, from an ONNX file: ArcFace's kind of input, or dlib's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from authsvc.biometrics.types import Array, Image

from .base import ModelProblem, engine_id, verified_bytes
from .faces import ARCFACE, CHIP, Faces, WithFaces, chip, describe_faces
from .session import Session


@dataclass(frozen=True, slots=True)
class OwnModel:
    """What a network's file does not say: how its faces are cut out, laid out and normalised.

    `crop` is "arcface" (112×112, aligned on five points) or "dlib" (150×150); a value x of a pixel becomes
    (x - mean) / divisor, unless the network takes uint8 as it is. `apart` is the engine's.
    """

    path: Path
    sha256: str
    crop: Literal["arcface", "dlib"] = "arcface"
    layout: Literal["nchw", "nhwc"] = "nchw"
    colours: Literal["rgb", "bgr"] = "rgb"
    mean: float = 127.5
    divisor: float = 127.5
    apart: float = 0.78

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise ModelProblem(f"the own model's {name} must be one of {', '.join(allowed)}")
        if not (np.isfinite([self.mean, self.divisor]).all() and self.divisor > 0):
            raise ModelProblem("the own model's mean and divisor must be numbers, and the divisor positive")
        if not 0 < self.apart <= 2:
            raise ModelProblem(
                "the own model's apart must be a distance of unit vectors, above 0 and up to 2"
            )


_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "crop": ("arcface", "dlib"),
    "layout": ("nchw", "nhwc"),
    "colours": ("rgb", "bgr"),
}


class OwnModelEngine(WithFaces):
    """A network of one's own; see Engine.

    The engine's id covers the file and how it is fed: no reference outlives a change of either.
    """

    name = "onnx"
    metric = "cosine"

    def __init__(self, faces: Faces, model: OwnModel, *, threads: int = 1) -> None:
        super().__init__(faces)
        content = verified_bytes(model.path, model.sha256)
        fed = {name: str(value) for name, value in asdict(model).items() if name not in ("path", "sha256")}
        self.engine_id = engine_id(self.name, {**fed, "network": model.sha256, **faces.hashes})
        self._model, self.apart = model, model.apart
        self._network = Session(content, threads=threads)
        self.feature_size = int(self._network.width)
        self._check_input()

    def _check_input(self) -> None:
        side = ARCFACE if self._model.crop == "arcface" else CHIP
        expected = (3, side, side) if self._model.layout == "nchw" else (side, side, 3)
        if self._network.shape != expected or self._network.kind not in ("tensor(float)", "tensor(uint8)"):
            raise ModelProblem(
                f"{self._model.path.name} takes {self._network.kind} of {self._network.shape}, "
                f"its settings say {expected}"
            )

    def features(
        self, images: Sequence[Image], landmarks: Sequence[Array], *, mirrored: Sequence[bool] = ()
    ) -> Array:
        """See Engine."""
        cut: Callable[[Image, Array], Image] = self.aligned if self._model.crop == "arcface" else chip
        return describe_faces(self.describe, images, landmarks, mirrored, cut=cut)

    def describe(self, chips: Sequence[Image]) -> Array:
        """Return n×feature_size float32 features of n chips, RGB."""
        if not chips:
            return np.zeros((0, self.feature_size), np.float32)
        batch = np.stack(chips)
        if self._model.colours == "bgr":
            batch = batch[..., ::-1]
        if self._model.layout == "nchw":
            batch = batch.transpose(0, 3, 1, 2)
        if self._network.kind == "tensor(float)":
            return self._network.run((batch.astype(np.float32) - self._model.mean) / self._model.divisor)
        return self._network.run(np.ascontiguousarray(batch))
