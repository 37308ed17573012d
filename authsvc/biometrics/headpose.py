"""Head pose of a face from its 68 landmarks, and the generic face that pose is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Right half (image left) of a mean adult face in millimetres: x to the image's right, y down, z away from the
# camera, origin at the nasion. Set by hand from the usual anthropometric means (biocular breadth 92,
# intercanthal 38, nose height 51, nose protrusion 20, mouth breadth 56, bitragal 148, face height 120).
_HALF: Final = {
    0: (-74, 3, 78), 1: (-73, 22, 75), 2: (-71, 42, 70), 3: (-68, 62, 62), 4: (-60, 81, 50),
    5: (-49, 96, 35), 6: (-36, 108, 20), 7: (-18, 116, 9), 17: (-59, -11, 25), 18: (-51, -19, 14),
    19: (-39, -22, 7), 20: (-27, -20, 3), 21: (-14, -16, 1), 31: (-14, 46, 1), 32: (-7, 49, -4),
    36: (-46, 2, 20), 37: (-38, -2, 13), 38: (-28, -2, 11), 39: (-19, 3, 13), 40: (-28, 6, 12),
    41: (-38, 6, 14), 48: (-28, 73, 10), 49: (-17, 68, 0), 50: (-7, 65, -4), 58: (-7, 88, 1),
    59: (-17, 83, 3), 60: (-23, 73, 8), 61: (-8, 72, 0), 67: (-8, 76, 0),
}  # fmt: skip
_MIDDLE: Final = {
    8: (0, 120, 5), 27: (0, 0, 0), 28: (0, 12, -6), 29: (0, 25, -13), 30: (0, 37, -20), 33: (0, 51, -7),
    51: (0, 67, -5), 57: (0, 89, 0), 62: (0, 72, -2), 66: (0, 76, -1),
}  # fmt: skip
_MIRROR: Final = {
    0: 16, 1: 15, 2: 14, 3: 13, 4: 12, 5: 11, 6: 10, 7: 9, 17: 26, 18: 25, 19: 24, 20: 23, 21: 22, 31: 35,
    32: 34, 36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46, 48: 54, 49: 53, 50: 52, 58: 56, 59: 55,
    60: 64, 61: 63, 67: 65,
}  # fmt: skip


def _generic_face() -> Array:
    points = np.zeros((68, 3))
    for index, point in (_HALF | _MIDDLE).items():
        points[index] = point
        if index in _MIRROR:
            points[_MIRROR[index]] = np.multiply(point, (-1, 1, 1))
    return points


GENERIC_FACE: Final[Array] = _generic_face()
"""68×3 millimetres, dlib's landmark order."""

QUASI_RIGID: Final = np.array([*range(17, 48), 48, 51, 54])
"""Landmarks that move little with expression: brows, nose, eyes, and the mouth's corners and bow."""

_NASION: Final = 27
_POSE_POINTS: Final = np.array([27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45, 48, 54, 8])


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Degrees and millimetres: yaw grows to the person's own left, pitch grows downwards, roll clockwise."""

    yaw: float
    pitch: float
    roll: float
    distance: float


def camera_matrix(width: int, height: int, stream: tuple[int, int] | None = None) -> Array:
    """Returns 3×3 intrinsics of a width×height frame of a front camera.

    The frame is the largest part of its shape in the middle of the camera's `stream` (width and height; the
    frame's own where it is not known). About 62 degrees lie across four thirds of the stream's shorter side:
    a square or a wide picture is a part of what a sensor of 4:3 sees.
    """
    across, up = stream or (width, height)
    focal = 0.83 * 4 / 3 * min(across, up) * max(width / across, height / up)
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])


def rotation(yaw: float, pitch: float, roll: float) -> Array:
    """Returns the 3×3 rotation that turns a face by these degrees, as HeadPose counts them."""
    y, p, r = np.radians([-yaw, -pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def head_pose(landmarks: Array, width: int, height: int, stream: tuple[int, int] | None = None) -> HeadPose:
    """Returns the pose of a generic face that best explains 68×2 pixel landmarks in a width×height frame.

    `stream` as in camera_matrix. Raises ValueError where the landmarks are not a face (not finite, or no
    solution).
    """
    return pose_of(landmarks, GENERIC_FACE, camera_matrix(width, height, stream))


def pose_of(landmarks: Array, head: Array, camera: Array) -> HeadPose:
    """Returns how a head, 68×3 millimetres, is turned and how far its nasion is (solvePnP, SQPNP).

    Raises ValueError where the landmarks are not a face (not finite, or no solution).
    """
    image_points = np.ascontiguousarray(landmarks[_POSE_POINTS], dtype=np.float64)
    if not np.isfinite(image_points).all():
        raise ValueError("landmarks are not finite")
    model = head[_POSE_POINTS] - head[_NASION]
    found, turn, shift = cv2.solvePnP(model, image_points, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    if not found:
        raise ValueError("no pose explains the landmarks")
    return _angles(cv2.Rodrigues(turn)[0], float(np.linalg.norm(shift)))


def _angles(turn: Array, distance: float) -> HeadPose:
    # R = Rz·Rx·Ry: the third row is (-cos p·sin y, sin p, cos p·cos y) in the rotated axes' angles.
    pitch = np.arcsin(np.clip(turn[2, 1], -1, 1))
    yaw = np.arctan2(-turn[2, 0], turn[2, 2])
    roll = np.arctan2(-turn[0, 1], turn[1, 1])
    yaw, pitch, roll = (float(np.degrees(a)) for a in (-yaw, -pitch, roll))
    return HeadPose(yaw, pitch, roll, distance)
