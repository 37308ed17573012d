"""What every engine begins with: finding faces and their landmarks, here dlib's way, and aligned chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import cv2
import dlib
import numpy as np

from authsvc.biometrics.types import Array, Box, Image

from .dlib_models import LANDMARKS, SHA256, checked_path
from .pages import gather_heap

CHIP: Final = 150
PADDING: Final = 0.25
"""Margin of a chip around the face, as face_recognition takes it."""


FOUND_FROM: Final = 80.0
"""Pixels of the smallest face that the detector finds."""
EAGER: Final = -0.2
"""How far below its usual threshold the detector goes where a face is known to be."""


class Faces(Protocol):
    """What finds faces and landmarks; `hashes` are of all its model files, for the engine's id."""

    hashes: Mapping[str, str]

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Engine."""

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        """See Engine."""

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Engine."""


class WithFaces:
    """An engine's half that finds faces and landmarks; see Engine."""

    def __init__(self, faces: Faces) -> None:
        self._faces = faces

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Engine."""
        return self._faces.detect(image, thorough=thorough)

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        """See Engine."""
        return self._faces.scan(image, smallest=smallest, eager=eager)

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Engine."""
        return self._faces.landmarks(image, box)


class DlibFaces:
    """dlib's detector (HOG) and landmarks (68 points by regression trees); see Faces."""

    hashes: Final = {LANDMARKS: SHA256[LANDMARKS]}

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(checked_path(LANDMARKS)))
        gather_heap()

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """Return the boxes of all faces, largest first: on the half-size grey image, on the full one only
        where that shows none, and (thorough) on the doubled one at last."""
        sizes = (2 * FOUND_FROM, FOUND_FROM, FOUND_FROM / 2)
        runs = (self.scan(image, smallest=size) for size in (sizes if thorough else sizes[:2]))
        return next((boxes for boxes in runs if boxes), [])

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        """See Engine."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = FOUND_FROM / smallest
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        boxes, scores, _ = self._detector.run(grey, 1 if scale > 1 else 0, EAGER if eager else 0.0)
        factor = 1 / min(scale, 1.0)
        if eager:
            boxes = [boxes[int(np.argmax(scores))]] if scores else []
        return sorted((_scaled(box, factor) for box in boxes), key=lambda box: box[0] - box[2])

    def landmarks(self, image: Image, box: Box) -> Array:
        """Return 68×2 float32 landmarks of the face in a box."""
        shape = self._predictor(image, dlib.rectangle(*box))
        return np.array([(p.x, p.y) for p in shape.parts()], np.float32)


def chip(image: Image, landmarks: Array) -> Image:
    """Return the 150×150 aligned chip of a face, as dlib.get_face_chip cuts it."""
    points = dlib.points([dlib.point(round(float(x)), round(float(y))) for x, y in landmarks])
    left, top = landmarks.min(axis=0)
    right, bottom = landmarks.max(axis=0)
    box = dlib.rectangle(int(left), int(top), int(right), int(bottom))
    return np.asarray(dlib.get_face_chip(image, dlib.full_object_detection(box, points), CHIP, PADDING))


def _scaled(box: dlib.rectangle, scale: float) -> Box:
    left, top, right, bottom = (round(v * scale) for v in (box.left(), box.top(), box.right(), box.bottom()))
    return left, top, right, bottom


def describe_faces(
    describe: Callable[[Sequence[Image]], Array],
    images: Sequence[Image],
    landmarks: Sequence[Array],
    mirrored: Sequence[bool],
    *,
    cut: Callable[[Image, Array], Image] = chip,
) -> Array:
    """Return the features of aligned faces in one batch, averaged with the mirror image where asked."""
    chips = [cut(image, points) for image, points in zip(images, landmarks, strict=True)]
    twice = [index for index, wanted in enumerate(mirrored) if wanted]
    vectors = describe([*chips, *(np.ascontiguousarray(chips[index][:, ::-1]) for index in twice)])
    found = vectors[: len(chips)].copy()
    for index, reflection in zip(twice, vectors[len(chips) :], strict=True):
        found[index] = (found[index] + reflection) / 2
    return found
