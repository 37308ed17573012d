"""What every engine begins with: finding faces and their landmarks, here dlib's way, and aligned chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import cv2
import dlib
import numpy as np

from authsvc.biometrics.types import Array, Box, Image

from .base import Look
from .dlib_models import LANDMARKS, SHA256, checked_path
from .pages import gather_heap

CHIP: Final = 150
PADDING: Final = 0.25
"""Margin of a chip around the face, as face_recognition takes it."""

ARCFACE: Final = 112

# Where ArcFace's networks expect eyes, nose tip and the corners of the mouth (InsightFace, 112×112).
_ARCFACE_POINTS: Final = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)],
    np.float32,
)

FOUND_FROM: Final = 80.0
"""Pixels of the smallest face that the detector finds."""
EAGER: Final = -0.2
"""How far below its usual threshold the detector goes where a face is known to be."""
AROUND: Final = 0.2
"""Of the face's size: how far around its last place it is looked for."""
SMALLER: Final = 0.9
"""Of the last face's size: what a face is looked for from, near its last place."""


class Scan(Protocol):
    """A detector's look at a picture, as Engine.scan."""

    def __call__(self, image: Image, *, smallest: float, eager: bool) -> list[Box]: ...


class Faces(Protocol):
    """What finds faces and landmarks; `hashes` are of all its model files, for the engine's id."""

    @property
    def hashes(self) -> Mapping[str, str]: ...

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Engine."""

    def scan(self, image: Image, *, smallest: float) -> list[Box]:
        """See Engine."""

    def way_up(self, image: Image) -> int:
        """See Engine."""

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Engine."""

    def near(self, image: Image, last: Box) -> Box | None:
        """See Engine."""

    def held(self, image: Image, last: Box) -> Array | None:
        """See Engine."""

    def aligned(self, image: Image, landmarks: Array) -> Image:
        """Return the 112×112 chip of a face, laid on eyes, nose and mouth as ArcFace's networks take it."""


class WithFaces:
    """An engine's half that finds faces and landmarks; see Engine."""

    living: Look | None = None

    def __init__(self, faces: Faces) -> None:
        self._faces = faces

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """See Engine."""
        return self._faces.detect(image, thorough=thorough)

    def scan(self, image: Image, *, smallest: float) -> list[Box]:
        """See Engine."""
        return self._faces.scan(image, smallest=smallest)

    def way_up(self, image: Image) -> int:
        """See Engine."""
        return self._faces.way_up(image)

    def landmarks(self, image: Image, box: Box) -> Array:
        """See Engine."""
        return self._faces.landmarks(image, box)

    def near(self, image: Image, last: Box) -> Box | None:
        """See Engine."""
        return self._faces.near(image, last)

    def held(self, image: Image, last: Box) -> Array | None:
        """See Engine."""
        return self._faces.held(image, last)

    def aligned(self, image: Image, landmarks: Array) -> Image:
        """See Faces."""
        return self._faces.aligned(image, landmarks)


class DlibFaces:
    """dlib's detector (HOG) and landmarks (68 points by regression trees); see Faces."""

    hashes: Final = {LANDMARKS: SHA256[LANDMARKS]}

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = load_predictor()

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """Return the boxes of all faces, largest first: on the half-size grey image, on the full one only
        where that shows none, and (thorough) on the doubled one at last."""
        sizes = (2 * FOUND_FROM, FOUND_FROM, FOUND_FROM / 2)
        runs = (self.scan(image, smallest=size) for size in (sizes if thorough else sizes[:2]))
        return next((boxes for boxes in runs if boxes), [])

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        """See Engine; `eager` takes the one likeliest box, and is content with less."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = FOUND_FROM / smallest
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        boxes, scores, _ = self._detector.run(grey, 1 if scale > 1 else 0, EAGER if eager else 0.0)
        factor = 1 / min(scale, 1.0)
        if eager:
            boxes = [boxes[int(np.argmax(scores))]] if scores else []
        return sorted((_scaled(box, factor) for box in boxes), key=lambda box: box[0] - box[2])

    def way_up(self, image: Image) -> int:
        """See Engine: this detector sees upright faces alone."""
        turned = (np.ascontiguousarray(np.rot90(image, quarters)) for quarters in range(4))
        return next((quarters for quarters, picture in enumerate(turned) if self.detect(picture)), 0)

    def landmarks(self, image: Image, box: Box) -> Array:
        """Return 68×2 float32 landmarks of the face in a box."""
        return predicted(self._predictor, image, box)

    def near(self, image: Image, last: Box) -> Box | None:
        """See Faces: whatever the detector finds there by itself."""
        return found_near(self.scan, image, last)

    def held(self, image: Image, last: Box) -> Array | None:
        """See Faces: a far turn hides a face from the detector, rarely from the landmarks."""
        return self.landmarks(image, last)

    def aligned(self, image: Image, landmarks: Array) -> Image:
        """See Faces: on five of the landmarks themselves, an eye the mean of its six."""
        return arcface_chip(image, five_of(landmarks))


def five_of(landmarks: Array) -> Array:
    """Return 5×2 points of 68 landmarks: eyes, nose tip and corners of the mouth."""
    eyes = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])


def load_predictor() -> Any:
    """Return dlib's model of 68 landmarks, in huge pages where there are; raises ModelProblem."""
    predictor = dlib.shape_predictor(str(checked_path(LANDMARKS)))
    gather_heap()
    return predictor


def predicted(predictor: Any, image: Image, box: Box) -> Array:
    """Return 68×2 float32 landmarks that dlib's model sees in a box of an RGB picture."""
    shape = predictor(image, dlib.rectangle(*box))
    return np.array([(p.x, p.y) for p in shape.parts()], np.float32)


def found_near(scan: Scan, image: Image, last: Box) -> Box | None:
    """Return the face that a detector finds near its last place, by a look at that part of the picture."""
    left, top, right, bottom = last
    margin = round(AROUND * (right - left))
    x, y = max(0, left - margin), max(0, top - margin)
    around = np.ascontiguousarray(image[y : bottom + margin, x : right + margin])
    boxes = scan(around, smallest=SMALLER * (right - left), eager=True) if around.size else []
    if not boxes:
        return None
    left, top, right, bottom = boxes[0]
    return left + x, top + y, right + x, bottom + y


def chip(image: Image, landmarks: Array) -> Image:
    """Return the 150×150 aligned chip of a face, as dlib.get_face_chip cuts it."""
    points = dlib.points([dlib.point(round(float(x)), round(float(y))) for x, y in landmarks])
    left, top = landmarks.min(axis=0)
    right, bottom = landmarks.max(axis=0)
    box = dlib.rectangle(int(left), int(top), int(right), int(bottom))
    return np.asarray(dlib.get_face_chip(image, dlib.full_object_detection(box, points), CHIP, PADDING))


def arcface_chip(image: Image, points: Array) -> Image:
    """Return the 112×112 chip in which a face's 5×2 points lie closest to ArcFace's.

    The similarity transform is the least-squares one (Umeyama, 1991).
    """
    matrix = _similarity(points.astype(np.float64), _ARCFACE_POINTS.astype(np.float64))
    return np.asarray(cv2.warpAffine(image, matrix, (ARCFACE, ARCFACE), flags=cv2.INTER_LINEAR), np.uint8)


def _similarity(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    centred, wanted = points - points.mean(axis=0), targets - targets.mean(axis=0)
    # In the plane rotation and scale are one complex factor.
    ours, theirs = centred @ (1, 1j), wanted @ (1, 1j)
    factor = (ours.conj() @ theirs) / (ours.conj() @ ours)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, targets.mean(axis=0) - turn @ points.mean(axis=0)])


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
