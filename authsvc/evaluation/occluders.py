"""What people wear before a face, drawn on a photograph along its landmarks: mask, dark glasses, glare, hat.

Colours and shapes are drawn at random, so that no threshold learns one of them. Pictures are RGB, H×W×3
uint8, and are not changed; landmarks are 68×2 pixels in the order of the 300-W annotation. Nothing here is a
picture of a real thing: a rate on these says which faults the components see, not which masks.
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
"""Colours of masks and hats: surgical blue, white, black, pink, navy, green."""

_LENSES: Final = ((12, 12, 14), (40, 28, 20), (20, 30, 24), (45, 45, 60))
_EYES: Final = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))


def masked(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face with a mask over nose, mouth and chin, its edge across the nose."""
    jaw = landmarks[2:15]
    top = (landmarks[28] + landmarks[29]) / 2 + (landmarks[29] - landmarks[28]) * rng.uniform(-0.4, 0.4)
    outline = np.vstack([jaw, landmarks[14] * 0.4 + top * 0.6, top, landmarks[2] * 0.4 + top * 0.6])
    cloth = _cloth(picture, rng, folds=_span(landmarks) * 0.12)
    return _laid_on(picture, cloth, outline, softness=0.02 * _span(landmarks))


def shaded(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face behind dark glasses, whose lenses let through a tenth of the light or less."""
    changed = picture
    glass, through = _plain(picture, _varied(_LENSES, rng, 8), rng), rng.uniform(0.0, 0.12)
    lens: Image = np.clip(glass + through * picture, 0, 255).astype(np.uint8)
    size = rng.uniform(0.36, 0.5), rng.uniform(0.26, 0.38)
    for eye in _EYES:
        changed = _laid_on(changed, lens, _lens(landmarks, eye, size), softness=0.01 * _span(landmarks))
    bridge = np.array([landmarks[39], landmarks[42]])
    return _line(changed, bridge, 0.06 * _span(landmarks), (20, 20, 22))


def glaring(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face behind clear glasses, in which a lamp or a window hides a part of each eye."""
    changed, span = picture.astype(np.float32), _span(landmarks)
    glare = np.zeros(picture.shape[:2], np.float32)
    size = rng.uniform(0.34, 0.42), rng.uniform(0.24, 0.3)
    shift = rng.uniform(-0.12, 0.12, 2)
    for eye in _EYES:
        outline = _lens(landmarks, eye, size)
        inside = _covered(picture, outline, softness=0.01 * span)
        middle = landmarks[list(eye)].mean(axis=0) + shift * span
        wide = np.array([rng.uniform(0.14, 0.24), rng.uniform(0.08, 0.15)]) * span
        blob = _covered(picture, _ellipse(middle, wide, 0.2), softness=0.03 * span)
        glare = np.maximum(glare, inside * blob)
    strength = rng.uniform(0.75, 1.0)
    changed += (250 - changed) * (strength * glare)[..., None]
    framed = np.clip(changed, 0, 255).astype(np.uint8)
    for eye in _EYES:
        framed = _line(framed, _lens(landmarks, eye, size), 0.035 * span, (35, 30, 30), closed=True)
    return framed


def hatted(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the head under a hat or cap that is pulled down to the brows, or over them."""
    span = _span(landmarks)
    up = landmarks[27] - landmarks[8]
    up /= np.hypot(*up)
    side = np.array([-up[1], up[0]])
    brow = landmarks[17:27].mean(axis=0) + up * span * rng.uniform(-0.05, 0.15)
    half, height = span * rng.uniform(1.1, 1.3), span * rng.uniform(1.1, 1.5)
    if side[0] < 0:
        side = -side
    curve = span * rng.uniform(-0.05, 0.15)
    across = np.linspace(-1, 1, 15)
    brim = (brow + side * half * x + up * curve * (1 - x * x) for x in across)
    crown = (brow + side * half * x + up * height * np.sqrt(1 - 0.9 * x * x) for x in across[::-1])
    cloth = _cloth(picture, rng, folds=span * 0.1)
    return _laid_on(picture, cloth, np.array([*brim, *crown]), softness=0.015 * span)


def _span(landmarks: Array) -> float:
    return float(np.hypot(*(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0))))


def _lens(landmarks: Array, eye: tuple[int, ...], size: tuple[float, float]) -> Array:
    middle = landmarks[list(eye)].mean(axis=0) + np.array([0, 0.04]) * _span(landmarks)
    return _ellipse(middle, np.array(size) * _span(landmarks), 0.5)


def _ellipse(middle: Array, reach: Array, squareness: float) -> Array:
    """Return an outline between an ellipse (1) and a rectangle (0)."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    round_ = np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(middle + np.sign(round_) * np.abs(round_) ** (0.4 + 0.6 * squareness) * reach)


def _varied(colours: tuple[tuple[int, int, int], ...], rng: Rng, spread: float) -> Array:
    return np.clip(np.array(colours[rng.integers(len(colours))]) + rng.normal(0, spread, 3), 5, 250)


def _plain(picture: Image, colour: Array, rng: Rng) -> Array:
    """Return a picture's size of one colour, lit a little more on one side."""
    across = np.linspace(-1, 1, picture.shape[1])[None, :, None] * rng.uniform(-0.2, 0.2)
    return np.broadcast_to(colour * (1 + across), picture.shape)


def _cloth(picture: Image, rng: Rng, *, folds: float) -> Image:
    """Return cloth of a random colour: folds every so many pixels, and a weave."""
    colour = _varied(_CLOTH, rng, 12)
    down = np.arange(picture.shape[0])[:, None, None]
    wave = 1 + rng.uniform(0.02, 0.1) * np.sin(2 * np.pi * down / folds + rng.uniform(0, 6))
    weave = cv2.GaussianBlur(rng.normal(0, 1, picture.shape[:2]), (0, 0), 1.2)[..., None] * rng.uniform(2, 8)
    return np.clip(_plain(picture, colour, rng) * wave + weave, 0, 255).astype(np.uint8)


def _covered(picture: Image, outline: Array, *, softness: float) -> NDArray[np.float32]:
    inside = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1.0)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), max(softness, 0.5)), np.float32)


def _laid_on(picture: Image, cover: Image, outline: Array, *, softness: float) -> Image:
    share = _covered(picture, outline, softness=softness)[..., None]
    return np.asarray(np.round(picture * (1 - share) + cover * share), np.uint8)


def _line(
    picture: Image, points: Array, width: float, colour: tuple[int, int, int], *, closed: bool = False
) -> Image:
    drawn = picture.copy()
    places = [np.round(points).astype(np.int32)]
    cv2.polylines(drawn, places, closed, colour, max(round(width), 1), cv2.LINE_AA)
    return drawn
