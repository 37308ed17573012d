"""Following the one face through a burst: look everywhere now and then, in between where it was last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.types import Array, Box, Burst, FaceTrack, Frame, FrameFace, Image, PoorSample, Reason

DETECT_EVERY: Final = 5
"""Frames between two runs of the detector over the whole picture, which look for a second face too."""

ALIKE: Final = 0.2
"""Of a face's width: how far apart two boxes may be that are one face's."""

SMALLEST: Final = 0.75
"""Of the last face's size: what the face is looked for from in the whole picture."""

MOST_SHIFT: Final = 0.6
MOST_GROWTH: Final = 1.35
"""Against the frame before, in eye spans: more is a lost face, and the detector runs again."""

FAST_MS: Final = 250.0
FURTHEST: Final = 1.5
"""Between frames further apart than so many milliseconds a head moves more, in proportion, up to so much."""

MOST_FOLLOWED: Final = 6
"""Frames in a row in which landmarks alone, without the detector, may tell where the face is."""

AHEAD: Final = 10
"""Frames whose boxes are looked for before any landmarks; more would be lost where a face jumps."""

SECOND_FACE: Final = 0.5
"""From this share of the largest face's width on, another face is a second person."""

_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)


def follow_face(burst: Burst, engine: Engine) -> FaceTrack:
    """Return the face of each frame, None where it is not seen.

    One wrong face cannot spread through the burst: what moves or grows more than a head can between two
    frames is looked for anew. Raises PoorSample where no frame shows a face, or any shows two.
    """
    trail = _Trail(burst.frames, engine)
    while len(trail.faces) < len(burst.frames):
        trail.go_on()
    if trail.known is None:
        raise PoorSample(Reason.NO_FACE, "centre")
    return FaceTrack(tuple(trail.faces))


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A box that was found: `near` the face's last place, or among `count` faces anywhere."""

    box: Box
    count: int
    near: bool


class _Trail:
    """The faces of the frames so far, the last of them, and the last known before it was lost."""

    def __init__(self, frames: Sequence[Frame], engine: Engine) -> None:
        self.faces: list[FrameFace | None] = []
        self.known: FrameFace | None = None
        self._last: FrameFace | None = None
        self._unseen = 0
        self._far = AHEAD
        self._images, self._engine = [frame.rgb for frame in frames], engine
        times = [frame.t_ms for frame in frames]
        gaps = np.diff(times, prepend=times[:1])
        self._reach: list[float] = np.clip(gaps / FAST_MS, 1.0, FURTHEST).tolist()

    def go_on(self) -> None:
        """Follow the face for as many frames as its boxes tell, and one more.

        Boxes come first, and the landmarks of all of them in a row: each call by itself would find their
        model gone from the processor's caches, which takes twice as long.
        """
        first = len(self.faces)
        sightings = list(self._ahead(first))
        images = self._images[first:]
        landmarks = [self._engine.landmarks(images[i], one.box) for i, one in enumerate(sightings)]
        for sighting, points in zip(sightings, landmarks, strict=True):
            face = _face(sighting.box, points, sighting.count)
            if not sighting.near or self._continues(face):
                self._add(face)
                continue
            again = self._found_again(images[len(self.faces) - first])
            self._add(again)
            if again is None or not _at_one_place(again.box, sighting.box):
                # What was found from here on followed something else. A burst made so that this happens
                # again and again must not cost many times an honest one.
                self._far = 1
                return
        if len(sightings) < min(self._far, len(images)):
            self._add(self._followed(images[len(sightings)]))
        self._far = min(2 * self._far, AHEAD)

    def _ahead(self, first: int) -> Iterator[_Sighting]:
        """Yield where the detector finds the face from frame `first` on, up to the first frame without."""
        last, known = _box(self._last), _box(self.known)
        for index in range(first, min(first + self._far, len(self._images))):
            image, everywhere = self._images[index], index % DETECT_EVERY == 0
            found = None
            if last is not None and not everywhere:
                found = _sought_near(image, last, self._engine, reach=self._reach[index])
            share = SECOND_FACE if everywhere else SMALLEST
            found = found or _sought(image, known, self._engine, share=share)
            if found is None:
                return
            last = known = found.box
            yield found

    def _found_again(self, image: Image) -> FrameFace | None:
        """Return the face of a picture where what was found near its last place is not it."""
        found = _sought(image, _box(self.known), self._engine, share=SMALLEST)
        if found is None:
            return self._followed(image)
        return _face(found.box, self._engine.landmarks(image, found.box), found.count)

    def _followed(self, image: Image) -> FrameFace | None:
        """Return the face by its landmarks alone: a far turn hides it from the detector, rarely from them."""
        if self._last is None:
            return None
        landmarks = self._engine.held(image, self._last.box)
        if landmarks is None or not self._continues(face := _face(self._last.box, landmarks, None)):
            return None
        return FrameFace(_carried(self._last, face.landmarks), face.landmarks, face.eye_span)

    def _continues(self, face: FrameFace) -> bool:
        """Tell whether the next frame's face is where the last one can have gone, and of its size."""
        if self._last is None or not self._last.eye_span:
            return False
        reach = self._reach[len(self.faces)]
        shift = float(np.linalg.norm(_centre(face.landmarks) - _centre(self._last.landmarks)))
        growth = face.eye_span / self._last.eye_span
        return shift <= MOST_SHIFT * reach * self._last.eye_span and _alike(growth, reach)

    def _add(self, face: FrameFace | None) -> None:
        self._unseen = self._unseen + 1 if face is not None and face.n_faces is None else 0
        self._last = None if self._unseen > MOST_FOLLOWED else face
        self.known = self._last or self.known
        self.faces.append(self._last)


def _sought(image: Image, known: Box | None, engine: Engine, *, share: float) -> _Sighting | None:
    """Return the face that a picture shows anywhere, looking for faces from a share of the known one's size.

    At SECOND_FACE that finds whatever counts as a second person.
    """
    boxes = engine.detect(image) if known is None else engine.scan(image, smallest=share * _width(known))
    if not boxes:
        return None
    count = sum(1 for box in boxes if _width(box) >= SECOND_FACE * _width(boxes[0]))
    if count > 1:
        raise PoorSample(Reason.SEVERAL_FACES, "one-face", detail=f"{count} faces in a frame")
    return _Sighting(boxes[0], count, near=False)


def _sought_near(image: Image, last: Box, engine: Engine, *, reach: float) -> _Sighting | None:
    """Return the face near its last place, None where none of its size is found there."""
    found = engine.near(image, last)
    if found is None or not _alike(_width(found) / _width(last), reach):
        return None
    return _Sighting(found, 1, near=True)


def _alike(growth: float, reach: float = 1.0) -> bool:
    most = MOST_GROWTH**reach
    return 1 / most < growth < most


def _face(box: Box, landmarks: Array, count: int | None) -> FrameFace:
    left, right = landmarks[_LEFT_EYE].mean(axis=0), landmarks[_RIGHT_EYE].mean(axis=0)
    return FrameFace(box, landmarks, float(np.linalg.norm(right - left)), count)


def _box(face: FrameFace | None) -> Box | None:
    return None if face is None else face.box


def _at_one_place(one: Box, other: Box) -> bool:
    apart = max(abs(one[0] + one[2] - other[0] - other[2]), abs(one[1] + one[3] - other[1] - other[3])) / 2
    return _alike(_width(one) / _width(other)) and apart <= ALIKE * _width(other)


def _width(box: Box) -> int:
    return box[2] - box[0]


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
