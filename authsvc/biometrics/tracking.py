"""Following the one face through a burst: detect now and then, in between go by the landmarks."""

from __future__ import annotations

from typing import Final

import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.types import Array, Box, Burst, FaceTrack, FrameFace, Image, PoorSample, Reason

DETECT_EVERY: Final = 5
"""Frames between two runs of the detector; also where a second face is looked for."""

MOST_SHIFT: Final = 0.6
MOST_GROWTH: Final = 1.35
"""Against the frame before, in eye spans: more is a lost face, and the detector runs again."""

SECOND_FACE: Final = 0.5
"""From this share of the largest face's width on, another face is a second person."""

_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)


def follow_face(burst: Burst, engine: Engine) -> FaceTrack:
    """Return the face of each frame, None where it is not seen.

    One wrong face cannot spread through the burst: what moves or grows more than a head can between two
    frames is looked for anew. Raises PoorSample where no frame shows a face, or any shows two.
    """
    faces: list[FrameFace | None] = []
    last: FrameFace | None = None
    for index, frame in enumerate(burst.frames):
        face = None if last is None or index % DETECT_EVERY == 0 else _followed(frame.rgb, last, engine)
        face = face or _detected(frame.rgb, last, engine)
        faces.append(face)
        last = face
    if not any(faces):
        raise PoorSample(Reason.NO_FACE, "centre")
    return FaceTrack(tuple(faces))


def _detected(image: Image, last: FrameFace | None, engine: Engine) -> FrameFace | None:
    boxes = engine.detect(image)
    if not boxes:
        # A far turn hides the face from the detector, rarely from the landmarks.
        return None if last is None else _followed(image, last, engine)
    widest = boxes[0][2] - boxes[0][0]
    count = sum(1 for box in boxes if box[2] - box[0] >= SECOND_FACE * widest)
    if count > 1:
        raise PoorSample(Reason.SEVERAL_FACES, "one-face", detail=f"{count} faces in a frame")
    return _face(boxes[0], engine.landmarks(image, boxes[0]), count)


def _followed(image: Image, last: FrameFace, engine: Engine) -> FrameFace | None:
    face = _face(last.box, engine.landmarks(image, last.box), None)
    shift = float(np.linalg.norm(_centre(face.landmarks) - _centre(last.landmarks)))
    growth = face.eye_span / last.eye_span if last.eye_span else np.inf
    if shift > MOST_SHIFT * last.eye_span or not 1 / MOST_GROWTH < growth < MOST_GROWTH:
        return None
    moved = _centre(face.landmarks) - _centre(last.landmarks)
    return FrameFace(_moved(last.box, moved), face.landmarks, face.eye_span)


def _face(box: Box, landmarks: Array, count: int | None) -> FrameFace:
    left, right = landmarks[_LEFT_EYE].mean(axis=0), landmarks[_RIGHT_EYE].mean(axis=0)
    return FrameFace(box, landmarks, float(np.linalg.norm(right - left)), count)


def _centre(landmarks: Array) -> Array:
    return np.asarray(landmarks[17:].mean(axis=0))


def _moved(box: Box, by: Array) -> Box:
    dx, dy = round(float(by[0])), round(float(by[1]))
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy
