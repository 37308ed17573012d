"""Rendered frames of a real photograph, measured with dlib's landmarks and OpenCV's pose."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import dlib
import face_recognition
import numpy as np
import pytest
from numpy.typing import NDArray

from devtools.rendering import face3d
from devtools.rendering.camera import COMMENT, Camera, encode
from devtools.rendering.face3d import NoFace, load_head
from devtools.rendering.frame import framed
from devtools.rendering.mesh import FOCAL, HEIGHT, LANDMARKS, WIDTH, Head
from devtools.rendering.motion import HeadState
from devtools.rendering.render import render_burst, render_scene

pytestmark = pytest.mark.needs("photos")

Points = NDArray[np.float64]
REST: dict[str, Any] = {
    "yaw": 0.0,
    "pitch": 0.0,
    "roll": 0.0,
    "nearer": 0.0,
    "blink": 0.0,
    "smile": 0.0,
    "shake": (0.0, 0.0),
    "light": (0.5, 0.5, 0.5),
}
POSE = [27, 28, 29, 30, 31, 33, 35, 36, 39, 42, 45, 48, 54, 8]
QUASI_RIGID = [*range(17, 48), 48, 51, 54]
CHALLENGE: dict[str, Any] = {
    "steps": [
        {"cue": "centre", "ms": 1200},
        {"cue": "left", "ms": 1500, "degrees": 20},
        {"cue": "right", "ms": 1500, "degrees": 20},
    ],
    "frames": {"min": 10, "max": 40, "fps": 6, "width": 640, "height": 480},
}


@pytest.fixture(scope="module")
def head(photos: Path) -> Head:
    photograph = cv2.imread(str(photos / "obama" / "02.jpg"))
    assert photograph is not None
    return load_head(photograph)


def test_one_thread_at_a_time_looks_for_a_face(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dlib's detector ends the process where two use it at once."""
    photograph = cv2.imread(str(photos / "obama" / "02.jpg"))
    assert photograph is not None
    found = face3d._found(photograph.shape, photograph.tobytes())
    looking: list[str] = []
    at_once: list[int] = []

    def look(*_: Any) -> Any:
        looking.append("one")
        at_once.append(len(looking))
        time.sleep(0.02)
        looking.pop()
        return found

    monkeypatch.setattr(face3d, "_found", look)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(load_head, [photograph] * 6))
    assert at_once == [1] * 6


def shot(head: Head, **change: Any) -> NDArray[np.uint8]:
    camera = Camera(np.random.default_rng(1))
    return camera.expose(render_scene(head, HeadState(**(REST | change))), 0.0)


def landmarks(frame: NDArray[np.uint8]) -> Points:
    rgb = np.ascontiguousarray(frame[:, :, ::-1])
    (parts,) = face_recognition.api._raw_face_landmarks(rgb)
    return np.array([(point.x, point.y) for point in parts.parts()], dtype=float)


def yaw_of(points: Points) -> float:
    camera = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    _, turn, _ = cv2.solvePnP(LANDMARKS[POSE], points[POSE], camera, None, flags=cv2.SOLVEPNP_SQPNP)
    matrix = cv2.Rodrigues(turn)[0]
    return float(np.degrees(np.arctan2(matrix[2, 0], matrix[2, 2])))


def off_plane(first: Points, second: Points) -> float:
    """Return the residual after the best homography over the eye span (shared evidence on planarity)."""
    a, b = first[QUASI_RIGID], second[QUASI_RIGID]
    matrix, _ = cv2.findHomography(a, b, 0)
    mapped = cv2.perspectiveTransform(a[None], matrix)[0]
    return float(np.sqrt(((mapped - b) ** 2).sum(axis=1).mean()) / np.linalg.norm(second[45] - second[36]))


@pytest.mark.parametrize("degrees", [15, 20, 25, -15])
def test_the_measured_turn_is_about_the_one_asked(head: Head, degrees: float) -> None:
    turned = yaw_of(landmarks(shot(head, yaw=degrees))) - yaw_of(landmarks(shot(head)))
    assert turned == pytest.approx(degrees, abs=7)


def test_turning_to_the_own_left_moves_the_nose_to_larger_x(head: Head) -> None:
    still, turned = landmarks(shot(head)), landmarks(shot(head, yaw=20))
    assert turned[30, 0] > still[30, 0] + 15


@pytest.mark.parametrize("number", ["01", "02", "03"])
@pytest.mark.parametrize("degrees", [-26, 26])
def test_a_head_that_turns_as_far_as_ever_asked_is_still_found(
    photos: Path, number: str, degrees: float
) -> None:
    photograph = cv2.imread(str(photos / "obama" / f"{number}.jpg"))
    assert photograph is not None
    frame = shot(load_head(photograph), yaw=degrees)
    half = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    detect = dlib.get_frontal_face_detector()
    assert detect(cv2.cvtColor(half, cv2.COLOR_BGR2GRAY), 0) or detect(
        cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), 0
    )


def test_blurring_a_bystander_leaves_the_own_head_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face3d, "_all_faces", lambda canvas: [(210, 70, 290, 200)])
    picture = np.random.default_rng(1).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    own = np.array([(x, y) for x in (100, 200) for y in (120, 220)] * 17, np.float32)
    blurred = face3d._without_bystanders(picture, own)
    face_and_hair = np.s_[75:219, 101:199]
    assert (blurred[face_and_hair] == picture[face_and_hair]).all()
    assert blurred[130:190, 220:280].std() < 0.3 * picture[130:190, 220:280].std()


def test_a_turned_head_is_not_flat(head: Head) -> None:
    assert off_plane(landmarks(shot(head)), landmarks(shot(head, yaw=28))) > 0.055


def test_nearer_and_farther_change_size_with_perspective(head: Head) -> None:
    rest, near, far = (landmarks(shot(head, nearer=mm)) for mm in (0, 95, -105))

    def width(points: Points) -> float:
        return float(points[16, 0] - points[0, 0])

    assert width(near) > 1.2 * width(rest)
    assert width(far) < 0.88 * width(rest)


def test_a_blink_closes_and_a_smile_widens(head: Head) -> None:
    rest, closed, smiling = (
        landmarks(shot(head, **change)) for change in ({}, {"blink": 1.0}, {"smile": 1.0})
    )
    assert np.ptp(closed[36:42, 1]) < 0.75 * np.ptp(rest[36:42, 1])
    assert np.linalg.norm(smiling[54] - smiling[48]) > 1.1 * np.linalg.norm(rest[54] - rest[48])


def test_the_screens_light_falls_on_the_face_and_hardly_on_the_background(head: Head) -> None:
    dark, red = shot(head, light=(0, 0, 0)).astype(float), shot(head, light=(1, 0, 0)).astype(float)
    nose = landmarks(shot(head))[30].astype(int)
    face = np.s_[nose[1] - 10 : nose[1] + 10, nose[0] - 10 : nose[0] + 10]
    corner = np.s_[10:60, 10:60]
    gain = [(red[part][..., 2].mean() + 1) / (dark[part][..., 2].mean() + 1) for part in (face, corner)]
    assert gain[0] > 1.08
    assert gain[1] < 1 + 0.4 * (gain[0] - 1)
    assert red[face][..., 0].mean() == pytest.approx(dark[face][..., 0].mean(), abs=2)


def test_a_burst_keeps_the_challenges_limits_and_clocks(photos: Path) -> None:
    photograph = cv2.imread(str(photos / "obama" / "03.jpg"))
    assert photograph is not None
    frames, camera = render_burst(photograph, CHALLENGE, np.random.default_rng(2))
    assert 10 <= len(frames) <= 40
    times, media = [frame.t for frame in frames], [frame.media for frame in frames]
    assert all(np.diff(times) > 0)
    assert all(np.diff(media) > 0)
    assert [frame.step for frame in frames] == sorted(frame.step for frame in frames)
    assert {frame.step for frame in frames} == {0, 1, 2}
    slip = np.diff(times) - 1000 * np.diff(media)
    assert np.abs(slip).max() < 50
    assert camera["fps"] == 30


@pytest.mark.requirement("SA-02")
def test_every_frame_says_that_it_is_synthetic(photos: Path) -> None:
    photograph = cv2.imread(str(photos / "obama" / "03.jpg"))
    assert photograph is not None
    frames, _ = render_burst(photograph, CHALLENGE, np.random.default_rng(2))
    for frame in frames:
        assert frame.jpeg[:2] == b"\xff\xd8"
        assert b"\xff\xfe\x00\x11" + COMMENT in frame.jpeg[:64]
        image = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert image.shape == (480, 360, 3)


@pytest.mark.parametrize(
    ("camera", "sent"),
    [((480, 640), (480, 360)), ((640, 480), (640, 480)), ((720, 1280), (720, 540)), ((481, 641), (481, 361))],
)
def test_what_is_sent_is_the_upright_middle_as_of_the_capture_page(
    camera: tuple[int, int], sent: tuple[int, int]
) -> None:
    across = np.broadcast_to(np.arange(camera[1]) % 251, camera)
    part = framed(np.dstack([across] * 3).astype(np.uint8))
    left = (camera[1] - sent[1]) // 2
    assert part.shape == (*sent, 3)
    assert list(part[0, [0, -1], 0]) == [left % 251, (left + sent[1] - 1) % 251]


def test_noise_differs_from_frame_to_frame() -> None:
    camera = Camera(np.random.default_rng(1))
    wall = np.full((HEIGHT, WIDTH, 3), 120, np.float32)
    first, second = (camera.expose(wall, 0.0).astype(float) for _ in range(2))
    assert 1.0 < (first - second).std() < 6.0


def test_encoding_keeps_the_picture() -> None:
    jpeg = encode(np.full((HEIGHT, WIDTH, 3), 77, np.uint8))
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert np.abs(image.astype(int) - 77).max() <= 2


def test_a_picture_without_a_face_is_refused() -> None:
    with pytest.raises(NoFace):
        load_head(np.full((300, 300, 3), 128, np.uint8))
