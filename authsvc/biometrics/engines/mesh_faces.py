"""BlazeFace and FaceMesh in place of dlib's detector: they find a face, follow it, and align it.

Its shape is still told by dlib's 68 landmarks, in the box that FaceMesh gives and in evened light. FaceMesh
knows how heads turn so well that it sees one in a sheet of paper too, and liveness lives on that difference
(docs/adr/0326).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from authsvc.biometrics.types import Array, Box, Image

from . import mesh_models
from .blazeface import BlazeFace
from .dlib_models import LANDMARKS, SHA256
from .exposure import balanced
from .facemesh import FaceMesh
from .faces import arcface_chip, load_predictor, predicted
from .session import Session

FOUND_FROM: Final = 80.0
"""Pixels of the smallest face that a search finds unless it is asked for smaller ones."""
BEYOND: Final = 1.5
"""The square's side over the picture's at the second look, for a face that fills the picture."""
LEAST: Final = 0.5
"""The least score of a face, and how sure FaceMesh must be of it, both as MediaPipe takes them."""
SURE_OF_TURNED: Final = 1.0
"""Log-odds from which on a face in a turned picture counts,"""
SURER: Final = 0.5
"""and by how much it must be surer than in the picture as it came."""
READ: Final = 0.5
"""Of a box's side: how far around it dlib's landmarks look at the picture."""

_RIGHT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
_LEFT_EYE: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
"""The points around each eye in MediaPipe's mesh (face_mesh_connections.py), the person's right and left."""
_NOSE_AND_MOUTH: Final = (4, 61, 291)


class MeshFaces:
    """See Faces."""

    def __init__(self, files: Path, cache: Path, *, threads: int = 1) -> None:
        detection, landmarks = (
            Session(mesh_models.network(model, files=files, cache=cache), threads=threads)
            for model in (mesh_models.DETECTION, mesh_models.LANDMARKS)
        )
        self._detector, self._mesh = BlazeFace(detection), FaceMesh(landmarks)
        self._predictor = load_predictor()
        self.hashes = {LANDMARKS: SHA256[LANDMARKS], **mesh_models.hashes()}

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Faces."""
        looks = ((2 * FOUND_FROM, 1.0), (2 * FOUND_FROM, BEYOND), (FOUND_FROM, 1.0), (FOUND_FROM / 2, 1.0))
        runs = (self._look(image, *look) for look in (looks if thorough else looks[:3]))
        return next((boxes for boxes in runs if boxes), [])

    def scan(self, image: Image, *, smallest: float) -> list[Box]:
        """See Faces."""
        return self._look(image, smallest, 1.0)

    def _look(self, image: Image, smallest: float, beyond: float) -> list[Box]:
        """Return the boxes in which both networks see a face, as FaceMesh lays them.

        BlazeFace sees some in folds and patterns; FaceMesh tells these from people in the background.
        """
        found = self._detector.boxes(image, smallest=smallest, least=LEAST, beyond=beyond)
        meshes = (self._mesh.found(image, box) for box in found)
        return sorted((mesh.box for mesh in meshes if mesh.sure >= LEAST), key=lambda box: box[0] - box[2])

    def near(self, image: Image, last: Box) -> Box | None:
        """See Faces: FaceMesh tells where the face has gone, and whether it is one."""
        found = self._mesh.near(image, last)
        return found.box if found.sure >= LEAST else None

    def held(self, image: Image, last: Box) -> Array | None:
        """See Faces."""
        box = self.near(image, last)
        return None if box is None else self.landmarks(image, box)

    def way_up(self, image: Image) -> int:
        """See Faces: BlazeFace sees faces upside down too, but is less sure of them."""
        turned = [np.ascontiguousarray(np.rot90(image, quarters)) for quarters in range(4)]
        sure = [self._surest(picture) for picture in turned]
        best = int(np.argmax(sure))
        return best if sure[best] >= max(SURE_OF_TURNED, sure[0] + SURER) else 0

    def _surest(self, image: Image) -> float:
        looks = (1.0, BEYOND)
        return max(self._detector.surest(image, smallest=2 * FOUND_FROM, beyond=one) for one in looks)

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Faces: dlib's, of the box and what lies around it, in evened light."""
        left, top, right, bottom = box
        margin = round(READ * (right - left))
        x, y = max(0, left - margin), max(0, top - margin)
        around = image[y : bottom + margin, x : right + margin]
        if not around.size:
            return predicted(self._predictor, image, box)
        inside = left - x, top - y, right - x, bottom - y
        return predicted(self._predictor, balanced(around), inside) + np.array((x, y), np.float32)

    def aligned(self, image: Image, landmarks: Array) -> Image:
        """See Faces: on FaceMesh's points, and in evened light."""
        return balanced(arcface_chip(image, self.five(image, landmarks)))

    def five(self, image: Image, landmarks: Array) -> Array:
        """Return 5×2 of FaceMesh's points: eyes, nose tip and corners of the mouth.

        An eye is the mean of all points around it.
        """
        points = self._mesh.under(image, landmarks).points
        eyes = points[list(_RIGHT_EYE)].mean(axis=0), points[list(_LEFT_EYE)].mean(axis=0)
        return np.stack([*eyes, *points[list(_NOSE_AND_MOUTH)]])
