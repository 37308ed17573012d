"""Following one face: outliers do not spread, and a second person is seen whenever they come."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from authsvc.biometrics.engines.faces import found_near
from authsvc.biometrics.tracking import DETECT_EVERY, MOST_FOLLOWED, follow_face
from authsvc.biometrics.types import Array, Box, Burst, Frame, Image, PoorSample, Reason

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
        self.calls: list[str] = []

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        return self.scan(image, smallest=0)

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        self.calls.append("scan")
        if id(image) not in self._faces:  # A part of a frame: what lies in it was put there by the test.
            return self.part(image)
        self.runs.append(next(frame.index for frame in BURST.frames if frame.rgb is image))
        return [box_at(x, width) for x, width in self._faces[id(image)] if width >= smallest]

    part: Callable[[Image], list[Box]] = staticmethod(lambda image: [])

    def near(self, image: Image, last: Box) -> Box | None:
        return found_near(self.scan, image, last)

    def held(self, image: Image, last: Box) -> Array | None:
        return self.landmarks(image, last)

    def way_up(self, image: Image) -> int:
        return 0

    def landmarks(self, image: Image, box: Box) -> Array:
        self.calls.append("landmarks")
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
    engine.part = lambda image: [(0, 0, 60, 60)]
    track = follow_face(BURST, engine)  # type: ignore[arg-type]
    assert all(face is not None and face.box == box_at(320.0) for face in track.faces)


def test_the_whole_picture_is_searched_now_and_then_only() -> None:
    engine = SeeingEngine(still())
    # Where the face is known to be it fills the middle of the part that is searched.
    engine.part = lambda image: [(80, 80, 280, 280)] if image.shape[0] == image.shape[1] else []
    follow_face(BURST, engine)  # type: ignore[arg-type]
    assert engine.runs == list(range(0, LENGTH, DETECT_EVERY))


def test_boxes_are_found_first_and_landmarks_in_a_row() -> None:
    engine = SeeingEngine(still())
    follow_face(replace(BURST, frames=BURST.frames[:10]), engine)  # type: ignore[arg-type]
    assert engine.calls[-10:] == ["landmarks"] * 10
    assert "landmarks" not in engine.calls[:-10]


def stepping(gap_ms: float) -> tuple[list[float | None], SeeingEngine]:
    """Follow a face that is 30 pixels further aside in each frame, half an eye span or more."""
    frames = tuple(replace(frame, t_ms=gap_ms * frame.index) for frame in BURST.frames[:DETECT_EVERY])
    engine = SeeingEngine([[(300.0 + 30 * index, WIDTH)] for index in range(LENGTH)])
    engine.part = lambda image: [(40 + 45, 40, 240 + 45, 240)]
    track = follow_face(replace(BURST, frames=frames), engine)  # type: ignore[arg-type]
    return [None if face is None else face.box[0] for face in track.faces], engine


def test_a_head_may_move_further_between_frames_further_apart() -> None:
    quick, looked_anew = stepping(160.0)
    slow, followed_on = stepping(600.0)
    assert quick == [200, 230, 260, 290, 320]
    assert slow == [200, 245, 290, 335, 380]
    assert looked_anew.runs == [0, 1, 2, 3, 4]
    assert followed_on.runs == [0]


def test_what_was_found_ahead_holds_where_the_face_did_jump() -> None:
    """One jump that the detector confirms costs one look at the whole picture, not the frames after it."""
    engine = SeeingEngine([[(300.0 + (45 if index >= 2 else 0), WIDTH)] for index in range(LENGTH)])
    places = iter([(40, 40, 240, 240), (85, 40, 285, 240), (40, 40, 240, 240), (40, 40, 240, 240)])
    engine.part = lambda image: [next(places)]
    track = follow_face(replace(BURST, frames=BURST.frames[:DETECT_EVERY]), engine)  # type: ignore[arg-type]
    assert [face and face.box[0] for face in track.faces] == [200, 200, 245, 245, 245]
    assert (engine.runs, engine.calls.count("scan")) == ([0, 2], 6)


class Decoys:
    """A face elsewhere in every frame, and where it was in the frame before something that is none.

    Each picture's values tell its frame, and where in it a part was cut.
    """

    def __init__(self) -> None:
        self.parts = self.whole = self.read = 0

    def place(self, frame: int) -> Box:
        left, top = frame * 5 % 12 * 130 + 40, frame * 5 % 7 * 130 + 40
        return left, top, left + 80, top + 80

    def picture(self, frame: int) -> Image:
        y, x = np.mgrid[0:1000, 0:1600] // 8
        return np.stack([np.full_like(x, frame), x, y], axis=-1).astype(np.uint8)

    def detect(self, image: Image) -> list[Box]:
        return self.scan(image, smallest=80)

    def scan(self, image: Image, *, smallest: float, eager: bool = False) -> list[Box]:
        frame, left, top = int(image[0, 0, 0]), 8 * int(image[0, 0, 1]), 8 * int(image[0, 0, 2])
        if not eager:
            self.whole += 1
            return [self.place(frame)]
        self.parts += 1
        before = self.place(frame - 1)
        return [(16, 16, 96, 96)] if max(abs(before[0] - 16 - left), abs(before[1] - 16 - top)) < 9 else []

    def landmarks(self, image: Image, box: Box) -> Array:
        self.read += 1
        there = abs(box[0] - self.place(int(image[0, 0, 0]))[0]) < 20
        points = (FACE - FACE.min(axis=0)) * 0.4 + box[:2] + (0 if there else 400)
        return np.asarray(points, np.float32)

    def near(self, image: Image, last: Box) -> Box | None:
        return found_near(self.scan, image, last)

    def held(self, image: Image, last: Box) -> Array | None:
        return self.landmarks(image, last)


@pytest.mark.requirement("S8.1-07")
def test_a_burst_that_is_made_to_mislead_costs_little_more_than_it_must() -> None:
    engine = Decoys()
    frames = [Frame(index, 0, 100.0 * index, 0.1 * index, b"", engine.picture(index)) for index in range(40)]
    track = follow_face(replace(BURST, frames=tuple(frames)), engine)  # type: ignore[arg-type]
    assert [face and face.box for face in track.faces] == [engine.place(index) for index in range(40)]
    assert engine.parts < 60
    assert engine.whole < 65
    assert engine.read < 110


def test_a_burst_of_another_length_is_followed_too() -> None:
    places, _ = followed(still(), replace(BURST, frames=BURST.frames[:3]))
    assert places == [320] * 3


class Knowing(SeeingEngine):
    """Stands in for an engine that knows of itself whether a face is at the last place."""

    def near(self, image: Image, last: Box) -> Box | None:
        faces = self._faces[id(image)]
        return box_at(*faces[0]) if faces else None

    def held(self, image: Image, last: Box) -> Array | None:
        box = self.near(image, last)
        return None if box is None else self.landmarks(image, box)


def test_a_face_that_the_engine_finds_again_itself_needs_no_search() -> None:
    engine = Knowing([[(300.0 + 4 * index, WIDTH)] for index in range(LENGTH)])
    track = follow_face(replace(BURST, frames=BURST.frames[:10]), engine)  # type: ignore[arg-type]
    assert [face and face.box for face in track.faces] == [box_at(300.0 + 4 * index) for index in range(10)]
    assert engine.runs == [0, DETECT_EVERY]


def test_a_face_that_the_engine_knows_to_be_gone_is_lost_at_once() -> None:
    gone = 6
    engine = Knowing(still({index: [] for index in range(gone, LENGTH)}))
    track = follow_face(BURST, engine)  # type: ignore[arg-type]
    assert [face is not None for face in track.faces] == [index < gone for index in range(LENGTH)]
