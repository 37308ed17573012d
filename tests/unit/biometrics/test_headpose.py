"""Head pose from landmarks."""

import numpy as np
import pytest

from authsvc.biometrics.headpose import GENERIC_FACE, camera_matrix, head_pose

from .synthetic import landmarks


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (25, 0), (-25, 0), (0, 18), (0, -18), (12, -9)])
def test_pose_of_a_projected_head_is_recovered(yaw: float, pitch: float) -> None:
    pose = head_pose(landmarks("head", yaw=yaw, pitch=pitch), 640, 480)
    assert pose.yaw == pytest.approx(yaw, abs=0.01)
    assert pose.pitch == pytest.approx(pitch, abs=0.01)


def test_yaw_to_the_persons_left_moves_the_nose_to_larger_x() -> None:
    turned = landmarks("head", yaw=20)
    assert turned[30, 0] > landmarks("head")[30, 0]


def test_distance_falls_as_the_face_comes_nearer() -> None:
    assert head_pose(landmarks("head", nearer=90), 640, 480).distance < 420


@pytest.mark.parametrize(
    ("frame", "stream", "focal"),
    [
        ((640, 480), None, 0.83 * 640),
        ((480, 640), None, 0.83 * 640),
        ((640, 480), (640, 480), 0.83 * 640),
        ((360, 480), (640, 480), 0.83 * 640),
        ((360, 480), (480, 480), 0.83 * 640),
        ((480, 640), (960, 1280), 0.83 * 640),
        ((480, 640), (1280, 720), 0.83 * 960 * 640 / 720),
    ],
)
def test_c01_the_lens_is_the_cameras_whatever_was_cut(
    frame: tuple[int, int], stream: tuple[int, int] | None, focal: float
) -> None:
    camera = camera_matrix(*frame, stream)
    assert camera[0, 0] == camera[1, 1] == pytest.approx(focal)
    assert (camera[0, 2], camera[1, 2]) == (frame[0] / 2, frame[1] / 2)


def test_c01_a_cut_frame_tells_the_same_pose() -> None:
    points = landmarks("head", yaw=20, pitch=8)
    cut = head_pose(points - (140, 0), 360, 480, (640, 480))
    assert (cut.yaw, cut.pitch) == pytest.approx((20, 8), abs=0.01)
    whole = head_pose(points, 640, 480)
    assert cut.distance == pytest.approx(whole.distance, rel=1e-3)


def test_generic_face_is_symmetrical() -> None:
    assert GENERIC_FACE[36] == pytest.approx(GENERIC_FACE[45] * [-1, 1, 1])
    assert GENERIC_FACE[:, 0].sum() == pytest.approx(0)


def test_landmarks_that_are_not_finite_are_refused() -> None:
    broken = landmarks("head")
    broken[30] = np.nan
    with pytest.raises(ValueError, match="finite"):
        head_pose(broken, 640, 480)
