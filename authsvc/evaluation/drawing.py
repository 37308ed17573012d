"""Shapes and cloth laid over a photograph along its landmarks, in colours that chance draws.

Pictures are RGB, H×W×3 uint8, and are not changed; landmarks are 68×2 pixels in the order of the 300-W
annotation.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

Array = NDArray[np.float64]
Rng = np.random.Generator

_CLOTH: Final = (
    (120, 165, 200),
    (235, 238, 240),
    (25, 25, 30),
    (200, 120, 130),
    (60, 80, 120),
    (95, 110, 80),
)
"""Colours of masks, hats and scarves: surgical blue, white, black, pink, navy, green."""


def eye_span(landmarks: Array) -> float:
    """Return the pixels between the middles of the eyes."""
    return float(np.hypot(*(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0))))


def ellipse(middle: Array, reach: Array, squareness: float) -> Array:
    """Return an outline between an ellipse (1) and a rectangle (0)."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    round_ = np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(middle + np.sign(round_) * np.abs(round_) ** (0.4 + 0.6 * squareness) * reach)


def varied(colours: tuple[tuple[int, int, int], ...], rng: Rng, spread: float) -> Array:
    """Return one of some colours, changed a little."""
    return np.clip(np.array(colours[rng.integers(len(colours))]) + rng.normal(0, spread, 3), 5, 250)


def axes(landmarks: Array) -> tuple[Array, Array]:
    """Return the unit vectors up the face, and across it to the right of the picture."""
    up = landmarks[27] - landmarks[8]
    up = up / np.hypot(*up)
    side = np.array([-up[1], up[0]])
    return up, -side if side[0] < 0 else side


def plain(picture: Image, colour: Array, rng: Rng) -> Array:
    """Return a picture's size of one colour, lit a little more on one side."""
    across = np.linspace(-1, 1, picture.shape[1])[None, :, None] * rng.uniform(-0.2, 0.2)
    return np.broadcast_to(colour * (1 + across), picture.shape)


def woven(picture: Image, rng: Rng, *, folds: float) -> Image:
    """Return cloth of a random colour: folds every so many pixels, and a weave."""
    colour = varied(_CLOTH, rng, 12)
    down = np.arange(picture.shape[0])[:, None, None]
    wave = 1 + rng.uniform(0.02, 0.1) * np.sin(2 * np.pi * down / folds + rng.uniform(0, 6))
    weave = cv2.GaussianBlur(rng.normal(0, 1, picture.shape[:2]), (0, 0), 1.2)[..., None] * rng.uniform(2, 8)
    return np.clip(plain(picture, colour, rng) * wave + weave, 0, 255).astype(np.uint8)


def covered(picture: Image, outline: Array, *, softness: float) -> NDArray[np.float32]:
    """Return how far each pixel lies inside an outline, 0 to 1 over a soft edge."""
    inside = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1.0)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), max(softness, 0.5)), np.float32)


def laid_on(picture: Image, cover: Image, outline: Array, *, softness: float) -> Image:
    """Return the picture with a cover of its size inside an outline."""
    share = covered(picture, outline, softness=softness)[..., None]
    return np.asarray(np.round(picture * (1 - share) + cover * share), np.uint8)


def line(
    picture: Image, points: Array, width: float, colour: tuple[int, int, int], *, closed: bool = False
) -> Image:
    """Return the picture with a line through points."""
    drawn = picture.copy()
    places = [np.round(points).astype(np.int32)]
    cv2.polylines(drawn, places, closed, colour, max(round(width), 1), cv2.LINE_AA)
    return drawn
