"""From a photograph to a head that can be turned, moved and lit."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from devtools.rendering.frontal import completed
from devtools.rendering.mesh import AVERAGE, HEIGHT, MARGIN, WIDTH, Build, Floats, Head, Image, head_on

FACE_SHARE: Final = 0.33
"""The part of the frame's width that the face fills, jaw to jaw."""

_KEPT: Final = 128
"""Canvases that are kept, of about 2 MB each: a laboratory's people come in turn."""

_LONGEST_SIDE: Final = 1000
_TURNED_ASIDE: Final = 3.0
_HALF_SEEN: Final = -0.4
"""Against the detector's usual threshold: what it hardly sees now, it may see in another frame."""

_FINDING: Final = Lock()
"""dlib's detector keeps what it works on in itself: two threads at once end the process."""

_HAIR: Final = 0.5
"""Of the face's height, brows to chin: what of the person's own head lies above it."""


class NoFace(Exception):
    """The photograph shows no face that the detector finds."""


def load_head(photograph: Image, build: Build = AVERAGE) -> Head:
    """Return the head in a BGR photograph, scaled so that its face fills a third of the frame's width, with
    the depth of a build.

    What is found in a photograph is kept for its next burst, since finding it takes as long as rendering one.
    Raises NoFace.
    """
    with _FINDING:
        canvas, landmarks = _found(photograph.shape, photograph.tobytes())
    return head_on(*_broadened(canvas, landmarks, build.broad), build)


@lru_cache(maxsize=_KEPT)
def _found(shape: tuple[int, ...], pixels: bytes) -> tuple[Image, Floats]:
    """Return the canvas, with the face turned to the camera, and its landmarks."""
    photograph = _reduced(np.frombuffer(pixels, np.uint8).reshape(shape))
    placed, landmarks = _place(photograph, _landmarks(photograph))
    canvas = _without_bystanders(placed, landmarks)
    head = head_on(canvas, landmarks)
    if abs(head.level[0]) < _TURNED_ASIDE:
        return canvas, landmarks
    frontal = completed(head)
    try:
        return frontal, _landmarks(frontal).astype(np.float32)
    except NoFace:
        return canvas, landmarks


def _broadened(canvas: Image, landmarks: Floats, broad: float) -> tuple[Image, Floats]:
    """Return both stretched aside about the middle."""
    if broad == 1.0:
        return canvas, landmarks
    height, width = canvas.shape[:2]
    aside = (1.0 - broad) * width / 2
    matrix = np.array([[broad, 0.0, aside], [0.0, 1.0, 0.0]])
    stretched = cv2.warpAffine(
        canvas, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return stretched, (landmarks * (broad, 1.0) + (aside, 0.0)).astype(np.float32)


def _reduced(photograph: Image) -> Image:
    scale = min(1.0, _LONGEST_SIDE / max(photograph.shape[:2]))
    size = (round(photograph.shape[1] * scale), round(photograph.shape[0] * scale))
    return cv2.resize(photograph, size, interpolation=cv2.INTER_AREA)


@cache
def _models() -> tuple[Any, Any]:
    # The package's own functions say the same, with a warning about the module they use.
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise ImportError("the package face_recognition_models is not installed")
    model = Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"
    return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(model))


def _landmarks(photograph: Image) -> NDArray[np.float64]:
    detector, predictor = _models()
    rgb = np.ascontiguousarray(photograph[:, :, ::-1])
    boxes = detector(rgb, 0) or detector(rgb, 1) or detector(rgb, 2)
    if not boxes:
        raise NoFace("no face in the photograph")
    shape = predictor(rgb, max(boxes, key=lambda box: box.area()))
    return np.array([(point.x, point.y) for point in shape.parts()], dtype=float)


def _without_bystanders(canvas: Image, landmarks: Floats) -> Image:
    """Return the canvas with every other face blurred away: a person signs in alone."""
    result = canvas.copy()
    for box in _all_faces(canvas):
        left, top, right, bottom = box
        inside = (landmarks[:, 0] > left) & (landmarks[:, 0] < right) & (landmarks[:, 1] > top)
        if inside.mean() > 0.3:
            continue
        width = right - left
        grow = width // 3
        part = result[max(top - grow, 0) : bottom + grow, max(left - grow, 0) : right + grow]
        part[:] = cv2.blur(part, (width, width))
    x, y, width, height = cv2.boundingRect(landmarks)
    own = np.s_[max(y - round(_HAIR * height), 0) : y + height, max(x, 0) : x + width]
    result[own] = canvas[own]
    return result


def _all_faces(canvas: Image) -> list[tuple[int, int, int, int]]:
    """Return left, top, right and bottom of all faces, found at full and at half size as the worker does."""
    grey = cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY)
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    detector = _models()[0]
    return [
        (scale * box.left(), scale * box.top(), scale * box.right(), scale * box.bottom())
        for scale, picture in ((1, grey), (2, half))
        for box in detector.run(picture, 0, _HALF_SEEN)[0]
    ]


def _place(photograph: Image, landmarks: NDArray[np.float64]) -> tuple[Image, Floats]:
    width = float(np.ptp(landmarks[:17, 0]))
    scale = FACE_SHARE * WIDTH / width
    centre = (landmarks.min(axis=0) + landmarks.max(axis=0)) / 2
    size = np.array([WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN])
    shift = size / 2 - scale * centre
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    # Reducing without averaging first would alias into patterns that no camera makes.
    reduced = cv2.GaussianBlur(photograph, (0, 0), 0.45 / scale) if scale < 0.8 else photograph
    canvas = cv2.warpAffine(
        reduced, matrix, (int(size[0]), int(size[1])), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    canvas = _soften_outside(canvas, matrix, photograph.shape[:2])
    return canvas, (landmarks * scale + shift).astype(np.float32)


def _soften_outside(canvas: Image, matrix: NDArray[np.float64], shape: tuple[int, ...]) -> Image:
    """Return the canvas with what lies beyond the photograph blurred into a plain wall."""
    inside = cv2.warpAffine(np.ones(shape, np.float32), matrix, (canvas.shape[1], canvas.shape[0]))
    blend = cv2.GaussianBlur(cv2.erode(inside, np.ones((9, 9))), (0, 0), 6)[:, :, None]
    wall = cv2.blur(canvas, (61, 61))
    return (canvas * blend + wall * (1 - blend)).astype(np.uint8)
