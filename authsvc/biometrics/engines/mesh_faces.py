"""BlazeFace and FaceMesh in place of dlib's detector and 68 landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from authsvc.biometrics.types import Array, Box, Image

from . import mesh_models
from .base import Place
from .blazeface import BlazeFace
from .facemesh import FaceMesh, Mesh
from .session import Session

FOUND_FROM: Final = 80.0
"""Pixels of the smallest face that a search finds unless it is asked for smaller ones."""
BEYOND: Final = 1.5
"""How much larger than the picture a square is taken at the second look, for a face that fills the picture."""
LEAST: Final = 0.5
"""The least score of a face, as MediaPipe takes it."""
SURE: Final = 0.5
"""How sure FaceMesh must be of a face that is followed, as MediaPipe takes it."""
EAGER: Final = 0.3
"""The least score where a face is known to be."""

# What each of the 68 landmarks (300-W) is among FaceMesh's 468 points: one of them, or the middle of two.
# From the places of both, by eye, on MediaPipe's drawing of its mesh (canonical_face_model_uv_visualization).
_JAW: Final = (127, 234, 93, (132, 58), (58, 172), 136, 150, 176, 152, 400, 379, 365, (397, 288), (361, 288), 323,
               454, 356)  # fmt: skip
_BROWS: Final = ((70, 46), (63, 53), (105, 52), (66, 65), (107, 55),
                 (336, 285), (296, 295), (334, 282), (293, 283), (300, 276))  # fmt: skip
_NOSE: Final = ((168, 6), (197, 195), 5, 4, 75, 97, 2, 326, 305)
_EYES: Final = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
_LIPS: Final = (61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91, 78, 82, 13, 312, 308, 317, 14, 87)
LAYOUT: Final = np.array(
    [each if isinstance(each, tuple) else (each, each) for each in (*_JAW, *_BROWS, *_NOSE, *_EYES, *_LIPS)]
)
"""68×2: the two of FaceMesh's points between which each landmark lies."""


class MeshFaces:
    """See Faces."""

    def __init__(self, files: Path, cache: Path, *, threads: int = 1) -> None:
        detection, landmarks = (
            Session(mesh_models.network(model, files=files, cache=cache), threads=threads)
            for model in (mesh_models.DETECTION, mesh_models.LANDMARKS)
        )
        self._detector, self._mesh = BlazeFace(detection), FaceMesh(landmarks)
        self.hashes = mesh_models.hashes()

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Faces."""
        looks = ((2 * FOUND_FROM, 1.0), (2 * FOUND_FROM, BEYOND), (FOUND_FROM, 1.0), (FOUND_FROM / 2, 1.0))
        runs = (self._sorted(image, *look) for look in (looks if thorough else looks[:3]))
        return next((boxes for boxes in runs if boxes), [])

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        """See Faces."""
        if not eager:
            return self._sorted(image, smallest, 1.0)
        return [box for _, box in self._detector.boxes(image, smallest=smallest, least=EAGER)][:1]

    def _sorted(self, image: Image, smallest: float, beyond: float) -> list[Box]:
        found = self._detector.boxes(image, smallest=smallest, least=LEAST, beyond=beyond)
        return sorted((box for _, box in found), key=lambda box: box[0] - box[2])

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Faces."""
        return _laid_out(self._mesh.at(image, box))

    def near(self, image: Image, last: Box) -> Place | None:
        """See Faces: the points themselves tell where the face has gone, and whether it is one."""
        found = self._mesh.near(image, last)
        return Place(found.box, _laid_out(found)) if found.sure >= SURE else None

    def held(self, image: Image, last: Box) -> Array | None:
        """See Faces."""
        found = self.near(image, last)
        return None if found is None else found.landmarks


def _laid_out(mesh: Mesh) -> Array:
    return np.asarray(mesh.points[LAYOUT].mean(axis=1), np.float32)
