"""Renders a burst of camera frames in which the head of a photograph answers a challenge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np

from authsvc.simulator.camera import Camera, encode
from authsvc.simulator.expression import with_expression
from authsvc.simulator.face3d import FOCAL, HEIGHT, MARGIN, WIDTH, Floats, Head, Image, load_head
from authsvc.simulator.motion import HeadState, Performance
from authsvc.simulator.sealing import Frame

_FACE_GAIN: Final = 0.32
_BACKGROUND_GAIN: Final = 0.04
_DISPLAY_GAMMA: Final = 1 / 2.2
_TOWARDS_SCREEN: Final = np.array([0.0, 0.2, -0.98], np.float32)
_ROOM: Final = 0.9
CELL: Final = 2
"""Frame pixels per cell on which the warp is computed."""

_SUB: Final = 16
_CELLS: Final = np.dstack(
    [
        *np.meshgrid(np.arange(WIDTH // CELL) * CELL, np.arange(HEIGHT // CELL) * CELL),
        np.ones((HEIGHT // CELL, WIDTH // CELL)),
    ]
).astype(np.float32)


def render_burst(
    photographs: Sequence[Image],
    challenge: dict[str, Any],
    rng: np.random.Generator,
    *,
    attentive: bool = True,
    swap_to: Image | None = None,
) -> tuple[list[Frame], dict[str, Any]]:
    """Return the frames and the camera's metadata that answer a challenge (docs/protocol.md, section 3).

    `photographs` are BGR and of one person; one is drawn for the burst. `attentive` False ignores the cues;
    `swap_to` is another person, who takes the place half way. Raises face3d.NoFace.
    """
    limits = challenge["frames"]
    performance = Performance(challenge["steps"], rng, attentive=attentive)
    camera = Camera(rng)
    moments = camera.moments(performance.duration, limits["fps"], least=limits["min"], most=limits["max"])
    head = load_head(photographs[int(rng.integers(len(photographs)))])
    other = head if swap_to is None else load_head(swap_to)
    frames = []
    for t, media in moments:
        shown = head if t < performance.duration / 2 else other
        frame = camera.expose(render_scene(shown, performance.at(t)), t)
        frames.append(Frame(performance.step_at(t), t, media, encode(frame)))
    return frames, camera.metadata()


def render_scene(head: Head, state: HeadState) -> Floats:
    """Return the 480×640×3 BGR scene (float32, 0–255) that a noiseless camera would see."""
    turn = _rotation(state.yaw + head.level[0], state.pitch + head.level[1], state.roll)
    moved = _move(head, turn, state)
    facing: Floats = np.clip(head.normals @ (turn.T @ _TOWARDS_SCREEN), 0, 1)
    reflected: Floats = _FACE_GAIN * facing * head.weight + _BACKGROUND_GAIN
    source, light = _warp(head, moved, reflected)
    canvas = with_expression(head.canvas, head.vertices[:68], blink=state.blink, smile=state.smile)
    texture = cv2.remap(canvas, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    screen = np.array(state.light[::-1], np.float32)
    gain = (_ROOM + light[:, :, None] * screen) ** np.float32(_DISPLAY_GAMMA)
    return cv2.multiply(texture, _enlarge(gain), dtype=cv2.CV_32F)


def _rotation(yaw: float, pitch: float, roll: float) -> Floats:
    y, p, r = np.radians([-yaw, -pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (about_z @ about_x @ about_y).astype(np.float32)


def _move(head: Head, turn: Floats, state: HeadState) -> Floats:
    """Return the mesh after the motion: n×3, frame pixels and depth in millimetres."""
    there = (head.points - head.pivot) @ turn.T + head.pivot
    there[:, 2] = np.maximum(there[:, 2] - state.nearer, 60)
    centre = np.array([WIDTH / 2, HEIGHT / 2], np.float32)
    full = there[:, :2] * (FOCAL / there[:, 2:]) + centre
    still = head.vertices - MARGIN
    pixels = still + (full - still) * head.weight[:, None] + np.array(state.shake, np.float32)
    return np.column_stack([pixels, there[:, 2]]).astype(np.float32)


def _warp(head: Head, moved: Floats, reflected: Floats) -> tuple[Floats, Floats]:
    """Return the canvas pixel that each frame pixel shows (480×640×2) and the light on each cell.

    Each triangle is an affine map from the frame back to the canvas; nearer triangles are painted over
    farther ones, and those that face away are left out.
    """
    corners = moved[head.triangles]
    edges = corners[:, 1:, :2] - corners[:, :1, :2]
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    order = np.flatnonzero(area * head.winding > 0.5)
    order = order[np.argsort(-corners[order, :, 2].mean(axis=1))]
    owner = np.zeros((HEIGHT // CELL, WIDTH // CELL), np.int32)
    for index in order:
        cv2.fillConvexPoly(
            owner, np.round(corners[index, :, :2] * (_SUB / CELL)).astype(np.int32), int(index), shift=4
        )
    attributes = np.column_stack([head.vertices, reflected])[head.triangles]
    frame = np.concatenate([corners[:, :, :2], np.ones((len(corners), 3, 1), np.float32)], axis=2)
    affine = np.zeros((len(corners), 3, 3), np.float32)
    affine[order] = np.linalg.solve(frame[order].astype(np.float64), attributes[order])
    cells = np.einsum("yxi,yxij->yxj", _CELLS, affine[owner])
    return _enlarge(cells[:, :, :2]), cv2.GaussianBlur(cells[:, :, 2], (0, 0), 6 / CELL)


def _enlarge(cells: Floats) -> Floats:
    matrix = np.array([[1 / CELL, 0, 0], [0, 1 / CELL, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(cells, matrix, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
