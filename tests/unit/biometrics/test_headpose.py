"""Head pose from landmarks."""

import numpy as np
import pytest

from authsvc.biometrics.headpose import GENERIC_FACE, head_pose

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


def test_generic_face_is_symmetrical() -> None:
    assert GENERIC_FACE[36] == pytest.approx(GENERIC_FACE[45] * [-1, 1, 1])
    assert GENERIC_FACE[:, 0].sum() == pytest.approx(0)


def test_landmarks_that_are_not_finite_are_refused() -> None:
    broken = landmarks("head")
    broken[30] = np.nan
    with pytest.raises(ValueError, match="finite"):
        head_pose(broken, 640, 480)
