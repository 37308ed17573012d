"""BlazeFace and FaceMesh: they find faces where dlib does, and in light in which dlib finds none."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.conf import settings

from authsvc.biometrics.engines.blazeface import ANCHORS, Square, seen, squares_over
from authsvc.biometrics.engines.dlib_onnx import DlibOnnxEngine
from authsvc.biometrics.engines.exposure import GOOD, LEVELS, MOST, balanced
from authsvc.biometrics.engines.faces import Faces, five_of
from authsvc.biometrics.engines.loading import cache_folder, load_faces
from authsvc.biometrics.engines.mesh_faces import MeshFaces
from authsvc.biometrics.pipeline import run
from authsvc.biometrics.stages.decode import decode
from authsvc.biometrics.templates import decode_template
from authsvc.biometrics.tracking import follow_face
from authsvc.biometrics.types import Array, Box, Image
from authsvc.core.stages import ENROL, VERIFY

from .samples import THRESHOLDS, TRANSACTION, Sample, rendered

pytestmark = [pytest.mark.needs("models"), pytest.mark.needs("photos")]
WHOLE = ("biden/01.jpg", "hopper/01.jpg", "obama/01.jpg", "obama/02.jpg", "obama/03.jpg")
whole_faces = pytest.mark.parametrize("name", WHOLE)


@pytest.fixture(scope="module")
def faces() -> MeshFaces:
    return MeshFaces(settings.MODELS, cache_folder())


@pytest.fixture(scope="module")
def engine(faces: Faces) -> DlibOnnxEngine:
    return DlibOnnxEngine(faces, cache_folder())


def picture_of(photos: Path, name: str) -> Image:
    picture = cv2.imread(str(photos / name))
    assert picture is not None
    return np.ascontiguousarray(picture[:, :, ::-1])


def darkened(image: Image, share: float) -> Image:
    return (image * share + 0.5).astype(np.uint8)


def largest(faces: Faces, image: Image) -> Box:
    return faces.detect(image, thorough=True)[0]


def marked(faces: Faces, image: Image) -> Array:
    """Return the landmarks of the largest face."""
    return faces.landmarks(image, largest(faces, image))


def eye_span(points: Array) -> float:
    return float(np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0)))


def apart(found: Array, expected: Array, span: float) -> float:
    """Return the mean distance of points, over the distance of the eyes."""
    return float(np.linalg.norm(found - expected, axis=1).mean()) / span


@whole_faces
def test_faces_and_landmarks_lie_where_dlib_has_them(faces: MeshFaces, photos: Path, name: str) -> None:
    image = picture_of(photos, name)
    expected = marked(load_faces("dlib"), image)
    assert apart(marked(faces, image), expected, eye_span(expected)) < 0.06


@whole_faces
@pytest.mark.parametrize("kind", ["mesh", "dlib"])
def test_a_turned_picture_says_how_far_it_must_be_turned_back(photos: Path, name: str, kind: str) -> None:
    image = picture_of(photos, name)
    left, top, right, bottom = largest(load_faces("mesh"), image)
    around = image[max(2 * top - bottom, 0) : 2 * bottom - top, max(2 * left - right, 0) : 2 * right - left]
    image = cv2.resize(around, (480, 480), interpolation=cv2.INTER_AREA)
    turned = [np.ascontiguousarray(np.rot90(image, quarters)) for quarters in range(4)]
    assert [load_faces(kind).way_up(one) for one in turned] == [0, 3, 2, 1]


@whole_faces
def test_the_five_points_are_those_of_the_landmarks(faces: MeshFaces, photos: Path, name: str) -> None:
    image = picture_of(photos, name)
    points = marked(load_faces("dlib"), image)
    expected = five_of(points)
    assert apart(faces.five(image, points), expected, eye_span(points)) < 0.1


@pytest.mark.parametrize("share", [0.4, 0.13])
@whole_faces
def test_c02_a_dim_room_hides_no_face(faces: MeshFaces, photos: Path, name: str, share: float) -> None:
    image = picture_of(photos, name)
    dim, points = darkened(image, share), marked(faces, image)
    assert apart(marked(faces, dim), points, eye_span(points)) < 0.05
    assert apart(faces.five(dim, points), faces.five(image, points), eye_span(points)) < 0.02


@pytest.mark.parametrize("share", [0.4, 0.13])
@whole_faces
def test_c02_a_face_is_described_as_in_better_light(
    faces: MeshFaces, photos: Path, name: str, share: float
) -> None:
    image = picture_of(photos, name)
    points = marked(faces, image)
    bright, dim = (faces.aligned(each, points) for each in (image, darkened(image, share)))
    assert dim.mean() == pytest.approx(bright.mean(), rel=0.35)


def test_a_coloured_lamp_hides_no_face(faces: MeshFaces, photos: Path) -> None:
    image = picture_of(photos, "obama/01.jpg")
    points = marked(faces, image)
    red = (image * (1.0, 0.25, 0.25)).astype(np.uint8)
    assert apart(marked(faces, red), points, eye_span(points)) < 0.05


@whole_faces
def test_a_face_that_lies_aside_keeps_its_five_points(faces: MeshFaces, photos: Path, name: str) -> None:
    image = picture_of(photos, name)
    points = marked(faces, image)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 40, 1.0)
    lying = np.asarray(cv2.warpAffine(image, turn, (width, height)), np.uint8)
    found, expected = (
        faces.five(lying, (points @ turn[:, :2].T + turn[:, 2]).astype(np.float32)),
        faces.five(image, points) @ turn[:, :2].T + turn[:, 2],
    )
    assert apart(found, expected, eye_span(points)) < 0.06


@whole_faces
def test_a_head_that_leans_is_seen_level(faces: MeshFaces, photos: Path, name: str) -> None:
    image = picture_of(photos, name)
    left, top, right, bottom = box = largest(faces, image)
    turn = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), 30, 1.0)
    leaning = np.asarray(cv2.warpAffine(image, turn, image.shape[1::-1]), np.uint8)
    expected = faces._mesh.near(image, box).points @ turn[:, :2].T + turn[:, 2]
    assert apart(faces._mesh.near(leaning, box).points, expected, right - left) < 0.025


@pytest.mark.parametrize("name", ["hopper/01.jpg", "obama/01.jpg", "obama/03.jpg"])
def test_a_face_that_fills_the_picture_is_found(faces: MeshFaces, photos: Path, name: str) -> None:
    image = picture_of(photos, name)
    left, top, right, bottom = largest(faces, image)
    less = round(0.15 * (right - left))
    cut = np.ascontiguousarray(image[top + less : bottom - less, left + less : right - less])
    assert faces.scan(cut, smallest=160) == []
    assert len(faces.detect(cut)) == 1


def test_what_only_the_detector_takes_for_a_face_is_none(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = MeshFaces(settings.MODELS, cache_folder())
    image = picture_of(photos, "biden/01.jpg")
    expected = found.detect(image)
    sees = found._detector.boxes
    monkeypatch.setattr(found._detector, "boxes", lambda *a, **k: [*sees(*a, **k), (0, 0, 200, 200)])
    assert found.detect(image) == expected


@pytest.mark.parametrize(("width", "thorough"), [(90, False), (45, True)])
def test_a_small_face_is_found_by_a_closer_look(
    faces: MeshFaces, photos: Path, width: int, thorough: bool
) -> None:
    image = picture_of(photos, "obama/01.jpg")
    left, _, right, _ = largest(faces, image)
    scale = width / (right - left)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    scene = np.full((720, 1280, 3), 128, np.uint8)
    scene[500 : 500 + small.shape[0], 900 : 900 + small.shape[1]] = small[:220, :380]
    (box,) = faces.detect(scene, thorough=thorough)
    assert box[0] == pytest.approx(900 + left * scale, abs=0.2 * width)
    assert box[2] - box[0] == pytest.approx(width, rel=0.2)


def test_two_people_are_two_faces_and_an_empty_room_is_none(faces: MeshFaces, photos: Path) -> None:
    one, other = (
        cv2.resize(picture_of(photos, name), (320, 320)) for name in ("obama/01.jpg", "astronaut/01.jpg")
    )
    assert len(faces.scan(np.hstack([one, other]), smallest=60)) == 2
    assert faces.detect(np.full((480, 640, 3), 90, np.uint8), thorough=True) == []


def test_a_followed_face_is_found_again_and_missed_where_it_is_gone(faces: MeshFaces, photos: Path) -> None:
    image = picture_of(photos, "biden/01.jpg")
    box = largest(faces, image)
    aside = (box[2] - box[0]) // 5
    found = faces.near(image, (box[0] + aside, box[1] - aside, box[2] + aside, box[3] - aside))
    assert found == pytest.approx(box, abs=0.04 * (box[2] - box[0]))
    covered = image.copy()
    covered[:] = 90
    assert faces.near(covered, box) is None
    assert faces.held(covered, box) is None


def dim(sample: Sample, share: float) -> Sample:
    """Return a sample whose frames are darker."""
    changed = []
    for frame in sample.frames:
        picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        written = cv2.imencode(".jpg", darkened(picture, share), [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        jpeg = written.tobytes()
        head = frame.jpeg.index(b"\xff\xfe")
        length = 2 + int.from_bytes(frame.jpeg[head + 2 : head + 4], "big")
        changed.append(replace(frame, jpeg=jpeg[:2] + frame.jpeg[head : head + length] + jpeg[2:]))
    return replace(sample, frames=changed)


def spans(engine: DlibOnnxEngine, share: float) -> np.ndarray:
    """Return the distance of the eyes in each frame of a burst with this share of its light, in pixels."""
    sample = dim(rendered("obama", seed=2), share)
    context = sample.context
    burst = decode(
        sample.plain,
        transaction_id=TRANSACTION,
        challenge=context.challenge,
        session_key=context.session_key,
    )
    track = follow_face(burst, engine)
    assert len(track.seen) == len(burst.frames)
    return np.array([face.eye_span for face in track.faces if face is not None])


def test_c02_a_face_is_followed_through_a_burst_in_dim_light_as_in_full(engine: DlibOnnxEngine) -> None:
    full = spans(engine, 1.0)
    assert full.max() / full.min() < 1.6
    for share in (0.4, 0.2):
        assert np.abs(spans(engine, share) / full - 1).max() < 0.08, share


@pytest.mark.requirement("S6.2-02")
def test_an_enrolled_person_signs_in_and_another_does_not(engine: DlibOnnxEngine) -> None:
    thresholds = replace(THRESHOLDS, comparison=0.9447)
    judged: dict[str, Any] = {"thresholds": thresholds, "engine": engine, "part_key": b"k" * 32}
    enrolling = rendered("obama", seed=2)
    made = run(ENROL, enrolling.plain, context=enrolling.context, **judged)
    assert made.template is not None, (made.decision, made.detail)
    reference = decode_template(made.template)
    outcomes = []
    for sample in (rendered("obama", seed=3), rendered("biden", seed=2)):
        found = run(
            VERIFY, sample.plain, context=sample.context, open_reference=lambda _: reference, **judged
        )
        outcomes.append((found.decision.outcome, str(found.decision.reason or "")))
    assert outcomes == [("accepted", ""), ("refused", "non-match")]


def test_references_of_the_one_way_are_not_the_others(engine: DlibOnnxEngine) -> None:
    assert engine.engine_id != DlibOnnxEngine(load_faces("dlib"), cache_folder()).engine_id


def test_the_setting_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mesh", "dlib"):
        monkeypatch.setattr(settings, "FACE_FINDER", name)
        assert load_faces() is load_faces(name)
    assert isinstance(load_faces("mesh"), MeshFaces)


def test_anchors_lie_in_the_middle_of_their_places() -> None:
    assert ANCHORS.shape == (896, 2)
    assert ANCHORS[[0, 1, 2, 32, 512, 895]] == pytest.approx(
        np.array([(0.5, 0.5), (0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1, 1), (15, 15)]) / 16
    )


@pytest.mark.parametrize("smallest", [20.0, 40.0, 80.0, 160.0])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (1280, 720), (150, 150)])
def test_squares_cover_the_picture_and_overlap_by_a_face(width: int, height: int, smallest: float) -> None:
    squares = list(squares_over(width, height, smallest))
    for length, start in ((width, lambda one: one.left), (height, lambda one: one.top)):
        starts = sorted({start(one) for one in squares})
        side = squares[0].side
        assert starts[0] <= 0
        assert starts[-1] + side >= length
        assert all(after - before <= side - smallest for before, after in pairwise(starts))


def test_what_lies_outside_the_picture_is_black() -> None:
    picture = seen(np.full((100, 200, 3), 30, np.uint8), Square(-50, 0, 200))
    assert picture.shape == (128, 128, 3)
    assert not picture[:, :32].any()
    assert not picture[64:].any()
    assert (picture[:64, 32:] == LEVELS).all()


def test_light_is_evened_colour_by_colour_and_within_bounds() -> None:
    picture = np.full((40, 40, 3), (15, 60, 240), np.uint8)
    assert balanced(picture)[20, 20].tolist() == list(LEVELS)
    assert balanced(np.full((40, 40, 3), 2, np.uint8)).max() == 2 * MOST
    assert balanced(np.zeros((40, 40, 3), np.uint8)).max() == 0
    lit = np.full((40, 40, 3), [round(each / (GOOD - 0.05)) for each in LEVELS], np.uint8)
    assert balanced(lit) is lit
