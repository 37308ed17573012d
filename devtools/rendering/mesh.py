"""A generic 3-D head as a triangle mesh under a picture.

Coordinates are millimetres in the head's own frame: x to the image's right, y down, z away from the camera,
origin between the eyes. Pixels are those of the canvas, which is the camera's frame with a margin around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]

WIDTH: Final = 640
HEIGHT: Final = 480
MARGIN: Final = 80
FOCAL: Final = 0.83 * WIDTH
PIVOT: Final = np.array([0.0, 30.0, 95.0])
"""Where the head turns about: the top of the neck, behind and below the eyes."""

_RIGHT_SIDE: Final = {
    0: (-73, 5, 68), 1: (-72, 24, 66), 2: (-70, 43, 61), 3: (-66, 63, 54), 4: (-59, 82, 44),
    5: (-48, 97, 32), 6: (-35, 109, 19), 7: (-18, 117, 9), 17: (-60, -10, 26), 18: (-51, -18, 15),
    19: (-40, -21, 8), 20: (-28, -19, 4), 21: (-15, -15, 2), 31: (-14, 47, 1), 32: (-7, 50, -4),
    36: (-46, 2, 20), 37: (-37, -2, 13), 38: (-28, -2, 11), 39: (-18, 3, 13), 40: (-28, 6, 12),
    41: (-38, 6, 14), 48: (-27, 74, 10), 49: (-16, 69, 1), 50: (-7, 66, -3), 58: (-8, 88, 1),
    59: (-17, 83, 4), 60: (-22, 74, 8), 61: (-9, 73, 1), 67: (-9, 77, 1),
}  # fmt: skip
_MIDDLE: Final = {
    8: (0, 121, 5), 27: (0, 0, 0), 28: (0, 12, -6), 29: (0, 25, -13), 30: (0, 37, -20), 33: (0, 52, -7),
    51: (0, 68, -4), 57: (0, 89, 1), 62: (0, 73, -1), 66: (0, 77, 0),
}  # fmt: skip
_LEFT_OF: Final = {
    0: 16, 1: 15, 2: 14, 3: 13, 4: 12, 5: 11, 6: 10, 7: 9, 17: 26, 18: 25, 19: 24, 20: 23, 21: 22, 31: 35,
    32: 34, 36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46, 48: 54, 49: 53, 50: 52, 58: 56, 59: 55,
    60: 64, 61: 63, 67: 65,
}  # fmt: skip
# Cheeks, forehead, crown, ears and neck: what dlib does not mark, but what turns with the head.
_HULL_SIDE: Final = (
    (-48, 30, 26), (-40, 50, 18), (-26, 30, 12), (-34, -48, 12), (-56, -42, 32), (-66, -18, 50),
    (-40, -80, 34),
    (-62, -66, 58), (-46, -104, 66), (-76, 0, 84), (-76, 40, 84), (-60, 104, 72), (-44, 128, 62),
)  # fmt: skip
_HULL_MIDDLE: Final = ((0, -48, 2), (0, -80, 20), (0, -108, 54), (0, 128, 34))
_POSE_POINTS: Final = np.array([27, 28, 29, 30, 31, 33, 35, 36, 39, 42, 45, 48, 54, 8])
_RINGS: Final = {1.25: 0.75, 1.6: 0.3}
"""How far around the head's outline the surroundings are divided, and how much each ring moves with it."""

_SHALLOW: Final = 15.0
_NEUTRAL_YAW: Final = 2.0
_NEUTRAL_ROLL: Final = 3.0


def _landmark_table() -> NDArray[np.float64]:
    points = np.zeros((68, 3))
    for index, point in (_RIGHT_SIDE | _MIDDLE).items():
        points[index] = point
        if index in _LEFT_OF:
            points[_LEFT_OF[index]] = np.multiply(point, (-1, 1, 1))
    return points


LANDMARKS: Final = _landmark_table()
"""68×3 millimetres in dlib's order."""

_PAIRS: Final = _LEFT_OF | {left: right for right, left in _LEFT_OF.items()}
MIRRORED: Final = np.array([_PAIRS.get(index, index) for index in range(68)])
"""For each landmark the one on the other side of the face."""

HULL: Final = np.array([*_HULL_SIDE, *((-x, y, z) for x, y, z in _HULL_SIDE), *_HULL_MIDDLE], dtype=float)


_CHEEK: Final = 8.0
"""Millimetres behind the nasion where cheeks lie: noses stand before it, sides behind."""
_NOSE_POINTS: Final = np.arange(27, 36)


@dataclass(frozen=True, slots=True)
class Build:
    """How a person's head differs from the table: height of the nose over the cheeks, depth of all that lies
    behind these, each 1 for the table's, and breadth, 1 for the photograph's.
    """

    nose: float = 1.0
    deep: float = 1.0
    broad: float = 1.0

    def of(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the table, the 68 landmarks first, as a head of this build."""
        built = table.copy()
        above = built[:, 2] - _CHEEK
        built[:, 2] = _CHEEK + np.where(above > 0, self.deep, 1.0) * above
        built[_NOSE_POINTS, 2] = _CHEEK + self.nose * above[_NOSE_POINTS]
        return built


AVERAGE: Final = Build()


@dataclass(frozen=True, slots=True)
class Head:
    """A photograph on the canvas under a triangle mesh with depth.

    `canvas` is BGR; `vertices` n×2 canvas pixels, the 68 landmarks first; `points` n×3 millimetres from the
    camera; `normals` n×3 unit vectors; `weight` n, 1 on the head, falling to 0 far from it; `triangles` m×3
    vertex indices with `winding` m, the sign of their area on the canvas; `pivot` the turning point in camera
    millimetres; `level` yaw, pitch and roll in degrees that bring the photograph's pose near to frontal.
    """

    canvas: Image
    vertices: Floats
    points: Floats
    normals: Floats
    weight: Floats
    triangles: NDArray[np.int32]
    winding: Floats
    pivot: Floats
    level: tuple[float, float, float]


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Return the 3×3 rotation by degrees: yaw to the person's own left, pitch down, roll clockwise."""
    y, p, r = np.radians([-yaw, -pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (about_z @ about_x @ about_y).astype(np.float32)


def head_on(canvas: Image, landmarks: Floats, build: Build = AVERAGE) -> Head:
    """Return the head that the 68×2 landmarks of a face on a BGR canvas show, of a build that they do not."""
    turn, shift = _pose(landmarks)
    turn = _without_pitch(turn)
    table = _as_seen(build.of(np.vstack([LANDMARKS, HULL])), turn) @ turn.T + shift
    face, hull = _on_rays(landmarks, table[:68, 2]), table[68:]
    head = np.vstack([face, hull])
    surround, weight = _surround(_project(head), float(hull[:, 2].max()))
    points = np.vstack([head, surround])
    vertices = _project(points)
    triangles = Delaunay(vertices).simplices.astype(np.int32)
    return Head(
        canvas,
        vertices.astype(np.float32),
        points.astype(np.float32),
        _normals(points, triangles),
        np.concatenate([np.ones(len(head)), weight]).astype(np.float32),
        triangles,
        _winding(vertices, triangles),
        (turn @ PIVOT + shift).astype(np.float32),
        _level(turn),
    )


def _centre() -> NDArray[np.float64]:
    return np.array([WIDTH / 2 + MARGIN, HEIGHT / 2 + MARGIN])


def _pose(landmarks: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre = _centre()
    camera = np.array([[FOCAL, 0, centre[0]], [0, FOCAL, centre[1]], [0, 0, 1]])
    image = landmarks[_POSE_POINTS].astype(np.float64)
    _, turn, shift = cv2.solvePnP(LANDMARKS[_POSE_POINTS], image, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    return cv2.Rodrigues(turn)[0], shift.ravel()


def _without_pitch(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation as if the head were held level.

    In one photograph a long nose or a short chin looks like a nod: over LFW the pitch measured on a generic
    head spreads three times as far as people's heads do. Believed, it would shear the face in every turn.
    """
    yaw, roll = _yaw_and_roll(turn)
    return rotation(yaw, 0.0, roll).astype(np.float64)


def _yaw_and_roll(turn: NDArray[np.float64]) -> tuple[float, float]:
    yaw = float(np.degrees(np.arctan2(turn[2, 0], turn[2, 2])))
    return yaw, float(np.degrees(np.arctan2(-turn[0, 1], turn[1, 1])))


def _as_seen(table: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the table with the side that is turned away made shallower.

    There the outline in a photograph is not the ear but where the cheek goes out of sight, farther in front.
    """
    aside = turn[2, 0]
    hidden = table[:, 0] * aside > 0
    share = 1 - 0.75 * min(abs(aside) / np.sin(np.radians(25)), 1)
    seen = table.copy()
    deep = hidden & (table[:, 2] > _SHALLOW)
    seen[deep, 2] = _SHALLOW + (table[deep, 2] - _SHALLOW) * share
    return seen


def _project(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points[:, :2] * FOCAL / points[:, 2:] + _centre()


def _on_rays(pixels: Floats, depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the camera points on the pixels' rays at the given depths: the photograph stays exact."""
    across = (pixels - _centre()) * depth[:, None] / FOCAL
    return np.column_stack([across, depth])


def _surround(head: NDArray[np.float64], depth: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points around the head, out to the canvas's edge, and how much each moves with it (0–1)."""
    outline = cv2.convexHull(head.astype(np.float32))[:, 0]
    middle = outline.mean(axis=0)
    size = np.array([WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN], float)
    rings = [middle + (outline - middle) * grow for grow in _RINGS]
    edge = np.array(
        [(x, y) for x in np.linspace(0, 1, 6) for y in np.linspace(0, 1, 6) if x % 1 == 0 or y % 1 == 0]
    )
    pixels = np.vstack([*rings, edge * size])
    inside: NDArray[np.bool_] = np.all((pixels > 0) & (pixels < size), axis=1)
    inside[-len(edge) :] = True
    weight = np.concatenate(
        [*(np.full(len(outline), share) for share in _RINGS.values()), np.zeros(len(edge))]
    )
    return _on_rays(pixels[inside].astype(np.float32), np.full(int(inside.sum()), depth)), weight[inside]


def _normals(points: NDArray[np.float64], triangles: NDArray[np.int32]) -> Floats:
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    faces *= -np.sign(faces[:, 2:])
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    # A point that no triangle uses faces nowhere.
    lengths = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    unit: Floats = (normals / lengths).astype(np.float32)
    return unit


def _winding(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> Floats:
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    sign: Floats = np.sign(area).astype(np.float32)
    return sign


def _level(turn: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll, in degrees, by which a photograph turned too far aside is turned back.

    Pitch is left: turning it back would change whose face it is.
    """
    seen, limits = np.array(_yaw_and_roll(turn)), np.array([_NEUTRAL_YAW, _NEUTRAL_ROLL])
    back = np.clip(seen, -limits, limits) - seen
    return float(back[0]), 0.0, float(back[1])
