"""Following one face: outliers do not spread, and a second person is seen whenever they come."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from authsvc.biometrics.tracking import DETECT_EVERY, MOST_FOLLOWED, follow_face
from authsvc.biometrics.types import Array, Box, Burst, Image, PoorSample, Reason

from .synthetic import burst, landmarks

BURST = burst("head", noise=0.0)[0]
LENGTH = len(BURST.frames)
FACE = landmarks("head").astype(np.float32)
WIDTH = 200.0


def box_at(x: float, width: float = WIDTH) -> Box:
    left, top = round(x - width / 2), round(220 - width / 2)
    return left, top, left + round(width), top + round(width)


class SeeingEngine:
    """Stands in for an engine: `faces[i]` are the (centre x, width) of the faces in frame i, largest first.

    A face at rest is told by its box, as dlib's landmarks are.
    """

    def __init__(self, faces: list[list[tuple[float, float]]]) -> None:
        self._faces = {id(frame.rgb): faces[frame.index] for frame in BURST.frames}
        self.runs: list[int] = []

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        return self.scan(image, smallest=0)

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        if id(image) not in self._faces:  # A part of a frame: what lies in it was put there by the test.
            return self.near(image)
        self.runs.append(next(frame.index for frame in BURST.frames if frame.rgb is image))
        return [box_at(x, width) for x, width in self._faces[id(image)] if width >= smallest]

    near: Callable[[Image], list[Box]] = staticmethod(lambda image: [])

    def landmarks(self, image: Image, box: Box) -> Array:
        scale = (box[2] - box[0]) / WIDTH
        return np.asarray((FACE - FACE.mean(axis=0)) * scale + ((box[0] + box[2]) / 2, 220), np.float32)


def followed(
    faces: list[list[tuple[float, float]]], sample: Burst = BURST
) -> tuple[list[float | None], SeeingEngine]:
    engine = SeeingEngine(faces)
    track = follow_face(sample, engine)  # type: ignore[arg-type]
    return [
        None if face is None else round(float(face.landmarks[:, 0].mean())) for face in track.faces
    ], engine


def still(change: dict[int, list[tuple[float, float]]] | None = None) -> list[list[tuple[float, float]]]:
    """Return one face at 320 in every frame, and something else in some."""
    return [(change or {}).get(index, [(320.0, WIDTH)]) for index in range(LENGTH)]


def test_one_face_is_followed_through_all_frames() -> None:
    places, _ = followed(still())
    assert places == [320] * LENGTH


def test_a_face_that_moves_as_heads_do_is_followed() -> None:
    faces = [[(300.0 + 4 * index, WIDTH)] for index in range(LENGTH)]
    places, _ = followed(faces)
    assert all(
        place is not None and abs(place - x[0][0]) < 12 for place, x in zip(places, faces, strict=True)
    )


@pytest.mark.requirement("S6.2-02")
@pytest.mark.parametrize("at", [0, DETECT_EVERY, 2 * DETECT_EVERY])
def test_a_second_face_from_half_the_size_on_is_refused(at: int) -> None:
    with pytest.raises(PoorSample) as refused:
        followed(still({at: [(320.0, WIDTH), (520.0, 0.55 * WIDTH)]}))
    assert (refused.value.reason, refused.value.hint) == (Reason.SEVERAL_FACES, "one-face")


def test_a_small_face_in_the_background_is_not_a_second_person() -> None:
    places, _ = followed(still({key: [(320.0, WIDTH), (520.0, 0.3 * WIDTH)] for key in range(LENGTH)}))
    assert places == [320] * LENGTH


@pytest.mark.requirement("S6.2-02")
def test_a_face_that_enters_half_way_is_refused() -> None:
    entering = {index: [(320.0, WIDTH), (540.0, 0.8 * WIDTH)] for index in range(LENGTH // 2, LENGTH)}
    with pytest.raises(PoorSample) as refused:
        followed(still(entering))
    assert refused.value.reason == Reason.SEVERAL_FACES


@pytest.mark.requirement("S6.2-02")
def test_no_face_at_all_is_refused() -> None:
    with pytest.raises(PoorSample) as refused:
        followed([[] for _ in range(LENGTH)])
    assert (refused.value.reason, refused.value.hint) == (Reason.NO_FACE, "centre")


def test_a_face_that_comes_late_has_no_place_before() -> None:
    places, _ = followed(still({0: [], 1: [], 2: []}))
    assert places[:3] == [None] * 3
    assert places[3:] == [320] * (LENGTH - 3)


def test_a_face_that_leaves_is_soon_lost() -> None:
    gone = 6
    places, _ = followed(still({index: [] for index in range(gone, LENGTH)}))
    assert places[gone - 1] == 320
    assert places[gone + MOST_FOLLOWED :] == [None] * (LENGTH - gone - MOST_FOLLOWED)


def test_a_wrong_face_near_by_does_not_spread() -> None:
    engine = SeeingEngine(still())
    engine.near = lambda image: [(0, 0, 60, 60)]
    track = follow_face(BURST, engine)  # type: ignore[arg-type]
    assert all(face is not None and face.box == box_at(320.0) for face in track.faces)


def test_the_whole_picture_is_searched_now_and_then_only() -> None:
    engine = SeeingEngine(still())
    # Where the face is known to be it fills the middle of the part that is searched.
    engine.near = lambda image: [(80, 80, 280, 280)] if image.shape[0] == image.shape[1] else []
    follow_face(BURST, engine)  # type: ignore[arg-type]
    assert engine.runs == list(range(0, LENGTH, DETECT_EVERY))


def test_a_burst_of_another_length_is_followed_too() -> None:
    places, _ = followed(still(), replace(BURST, frames=BURST.frames[:3]))
    assert places == [320] * 3
