"""Renders a burst of camera frames in which the head of a photograph answers a challenge."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from devtools.rendering.camera import Camera, encode
from devtools.rendering.expression import with_expression
from devtools.rendering.face3d import load_head
from devtools.rendering.frame import Frame, framed
from devtools.rendering.mesh import AVERAGE, HEIGHT, MARGIN, WIDTH, Build, Floats, Head, Image, rotation
from devtools.rendering.motion import HeadState, Performance
from devtools.rendering.warp import CELL, enlarge, move, paint

_SIZE: Final = (WIDTH, HEIGHT)
_FACE_GAIN: Final = 0.32
_BACKGROUND_GAIN: Final = 0.04
_ROOM: Final = 0.9
_DISPLAY_GAMMA: Final = 1 / 2.2
_TOWARDS_SCREEN: Final = np.array([0.0, 0.2, -0.98], np.float32)
_SMOOTH_LIGHT: Final = 6 / CELL


def render_burst(
    photograph: Image,
    challenge: dict[str, Any],
    rng: np.random.Generator,
    *,
    attentive: bool = True,
    swap_to: Image | None = None,
    build: Build = AVERAGE,
    whole: bool = False,
) -> tuple[list[Frame], dict[str, Any]]:
    """Return the frames and the camera's metadata that answer a challenge (docs/protocol.md, section 3).

    `photograph` is BGR: a burst is of one moment, in which a face has one shape and one light. `attentive`
    False ignores the cues; `swap_to` is another person, who takes the place half way; `build` is the depth of
    the head, which the photograph does not tell; `whole` keeps what a page cuts off at a picture's sides.
    Raises face3d.NoFace.
    """
    limits = challenge["frames"]
    performance = Performance(challenge["steps"], rng, attentive=attentive)
    camera = Camera(rng)
    moments = camera.moments(performance.duration, limits["fps"], least=limits["min"], most=limits["max"])
    head = load_head(photograph, build)
    other = None if swap_to is None else load_head(swap_to)
    frames = []
    for t, media in moments:
        late = t >= performance.duration / 2
        shown = other if other is not None and late else head
        taken = camera.expose(render_scene(shown, performance.at(t)), t)
        sent = taken if whole else framed(taken)
        frames.append(Frame(performance.step_at(t), t, media, encode(sent)))
    return frames, camera.metadata()


def render_scene(head: Head, state: HeadState) -> Floats:
    """Return the 480×640×3 BGR scene (float32, 0–255) that a noiseless camera would see."""
    turn = rotation(state.yaw + head.level[0], state.pitch + head.level[1], state.roll + head.level[2])
    moved = move(head, turn, state.nearer)
    moved[:, :2] += np.array(state.shake, np.float32) - MARGIN
    cells = paint(head, moved, np.column_stack([head.vertices, _reflected(head, turn)]), _SIZE)
    canvas = with_expression(head.canvas, head.vertices[:68], blink=state.blink, smile=state.smile)
    source = enlarge(cells[:, :, :2], _SIZE)
    texture = cv2.remap(canvas, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.multiply(texture, enlarge(_gain(cells[:, :, 2], state), _SIZE), dtype=cv2.CV_32F)


def _reflected(head: Head, turn: Floats) -> Floats:
    """Return how much of the screen's light each vertex sends back: Lambertian on the head, and little on
    what lies behind it, even where it is drawn to move along.
    """
    facing = np.clip(head.normals @ (turn.T @ _TOWARDS_SCREEN), 0, 1)
    near = head.weight >= 1
    reflected: Floats = (_FACE_GAIN * facing * near + _BACKGROUND_GAIN).astype(np.float32)
    return reflected


def _gain(reflected: Floats, state: HeadState) -> Floats:
    """Return the gain of each cell and BGR channel under the room's light and the screen's."""
    screen = np.array(state.light[::-1], np.float32)
    smooth = cv2.GaussianBlur(reflected, (0, 0), _SMOOTH_LIGHT)
    gain: Floats = (_ROOM + smooth[:, :, None] * screen) ** np.float32(_DISPLAY_GAMMA)
    return gain
