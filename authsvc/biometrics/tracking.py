"""Following the one face through a burst: look everywhere now and then, in between where it was last."""

from __future__ import annotations

from typing import Final

import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.types import Array, Box, Burst, FaceTrack, FrameFace, Image, PoorSample, Reason

DETECT_EVERY: Final = 5
"""Frames between two runs of the detector over the whole picture, which look for a second face too."""

AROUND: Final = 0.2
"""Of the face's size: how far around its last place it is looked for in between."""

SMALLER: Final = 0.9
SMALLEST: Final = 0.75
"""Of the last face's size: what the face is looked for from, near its last place and in the whole picture."""

MOST_SHIFT: Final = 0.6
MOST_GROWTH: Final = 1.35
"""Against the frame before, in eye spans: more is a lost face, and the detector runs again."""

MOST_FOLLOWED: Final = 6
"""Frames in a row in which landmarks alone, without the detector, may tell where the face is."""

SECOND_FACE: Final = 0.5
"""From this share of the largest face's width on, another face is a second person."""

_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)


def follow_face(burst: Burst, engine: Engine) -> FaceTrack:
    """Return the face of each frame, None where it is not seen.

    One wrong face cannot spread through the burst: what moves or grows more than a head can between two
    frames is looked for anew. Raises PoorSample where no frame shows a face, or any shows two.
    """
    faces: list[FrameFace | None] = []
    known: FrameFace | None = None
    last: FrameFace | None = None
    unseen = 0
    for index, frame in enumerate(burst.frames):
        everywhere = index % DETECT_EVERY == 0
        face = None if last is None or everywhere else _found_near(frame.rgb, last, engine)
        face = face or _found(frame.rgb, known, engine, share=SECOND_FACE if everywhere else SMALLEST)
        if face is None and last is not None:
            # A far turn hides the face from the detector, rarely from the landmarks.
            face = _followed(frame.rgb, last, engine)
        unseen = unseen + 1 if face is not None and face.n_faces is None else 0
        last = None if unseen > MOST_FOLLOWED else face
        known = last or known
        faces.append(last)
    if known is None:
        raise PoorSample(Reason.NO_FACE, "centre")
    return FaceTrack(tuple(faces))


def _found(image: Image, known: FrameFace | None, engine: Engine, *, share: float) -> FrameFace | None:
    """Return the face that a picture shows anywhere, looking for faces from a share of the known one's size.

    At SECOND_FACE that finds whatever counts as a second person.
    """
    if known is None:
        boxes = engine.detect(image)
    else:
        boxes = engine.scan(image, smallest=share * (known.box[2] - known.box[0]))
    if not boxes:
        return None
    widest = boxes[0][2] - boxes[0][0]
    count = sum(1 for box in boxes if box[2] - box[0] >= SECOND_FACE * widest)
    if count > 1:
        raise PoorSample(Reason.SEVERAL_FACES, "one-face", detail=f"{count} faces in a frame")
    return _face(boxes[0], engine.landmarks(image, boxes[0]), count)


def _found_near(image: Image, last: FrameFace, engine: Engine) -> FrameFace | None:
    """Return the face near its last place, None where none is found there or it jumped."""
    left, top, right, bottom = last.box
    margin = round(AROUND * (right - left))
    x, y = max(0, left - margin), max(0, top - margin)
    around = np.ascontiguousarray(image[y : bottom + margin, x : right + margin])
    boxes = engine.scan(around, smallest=SMALLER * (right - left), eager=True) if around.size else []
    if not boxes:
        return None
    near = boxes[0]
    box = near[0] + x, near[1] + y, near[2] + x, near[3] + y
    face = _face(box, engine.landmarks(image, box), 1)
    return face if _continues(last, face) else None


def _followed(image: Image, last: FrameFace, engine: Engine) -> FrameFace | None:
    face = _face(last.box, engine.landmarks(image, last.box), None)
    if not _continues(last, face):
        return None
    return FrameFace(_carried(last, face.landmarks), face.landmarks, face.eye_span)


def _continues(last: FrameFace, face: FrameFace) -> bool:
    shift = float(np.linalg.norm(_centre(face.landmarks) - _centre(last.landmarks)))
    growth = face.eye_span / last.eye_span if last.eye_span else np.inf
    return shift <= MOST_SHIFT * last.eye_span and 1 / MOST_GROWTH < growth < MOST_GROWTH


def _face(box: Box, landmarks: Array, count: int | None) -> FrameFace:
    left, right = landmarks[_LEFT_EYE].mean(axis=0), landmarks[_RIGHT_EYE].mean(axis=0)
    return FrameFace(box, landmarks, float(np.linalg.norm(right - left)), count)


def _centre(landmarks: Array) -> Array:
    return np.asarray(landmarks[17:].mean(axis=0))


def _carried(last: FrameFace, landmarks: Array) -> Box:
    """Return the last box, moved and scaled as the landmarks were."""
    before, now = _centre(last.landmarks), _centre(landmarks)
    scale = _spread(landmarks) / _spread(last.landmarks)
    left, top, right, bottom = last.box
    corners = np.array([(left, top), (right, bottom)], np.float32)
    (left, top), (right, bottom) = np.round((corners - before) * scale + now).astype(int).tolist()
    return left, top, right, bottom


def _spread(landmarks: Array) -> float:
    # Up and down only: a turn narrows the face without making it smaller.
    return float(landmarks[:, 1].std()) or 1.0
