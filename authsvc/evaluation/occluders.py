"""What covers a face, drawn on a photograph along its landmarks: mask, glasses, glare, hat, hand.

Colours and shapes are drawn at random, so that no threshold learns one of them. Pictures are RGB, H×W×3
uint8, and are not changed; landmarks are 68×2 pixels in the order of the 300-W annotation. Nothing here is a
picture of a real thing: a rate on these says which faults the components see, not which masks.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from authsvc.biometrics.types import Image

from .drawing import Array, Rng, axes, covered, ellipse, eye_span, laid_on, line, plain, varied, woven

_LENSES: Final = ((12, 12, 14), (40, 28, 20), (20, 30, 24), (45, 45, 60))
_EYES: Final = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))


def masked(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face with a mask over nose, mouth and chin, its edge across the nose."""
    jaw = landmarks[2:15]
    top = (landmarks[28] + landmarks[29]) / 2 + (landmarks[29] - landmarks[28]) * rng.uniform(-0.4, 0.4)
    outline = np.vstack([jaw, landmarks[14] * 0.4 + top * 0.6, top, landmarks[2] * 0.4 + top * 0.6])
    cloth = woven(picture, rng, folds=eye_span(landmarks) * 0.12)
    return laid_on(picture, cloth, outline, softness=0.02 * eye_span(landmarks))


def shaded(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face behind dark glasses, whose lenses let through a tenth of the light or less."""
    changed = picture
    glass, through = plain(picture, varied(_LENSES, rng, 8), rng), rng.uniform(0.0, 0.12)
    lens: Image = np.clip(glass + through * picture, 0, 255).astype(np.uint8)
    size = rng.uniform(0.36, 0.5), rng.uniform(0.26, 0.38)
    for eye in _EYES:
        changed = laid_on(changed, lens, _lens(landmarks, eye, size), softness=0.01 * eye_span(landmarks))
    bridge = np.array([landmarks[39], landmarks[42]])
    return line(changed, bridge, 0.06 * eye_span(landmarks), (20, 20, 22))


def mirrored(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face behind glasses that mirror what is before them: bright above, dark below, coloured."""
    changed, span = picture, eye_span(landmarks)
    size = rng.uniform(0.38, 0.52), rng.uniform(0.28, 0.38)
    above, below = rng.uniform(130, 230, 3), rng.uniform(20, 90, 3)
    for eye in _EYES:
        outline = _lens(landmarks, eye, size)
        top, bottom = outline[:, 1].min(), outline[:, 1].max()
        down = (np.arange(picture.shape[0]) - top) / (bottom - top)
        sky = 1 / (1 + np.exp((down - rng.uniform(0.4, 0.6)) * 14))[:, None, None]
        lens = np.broadcast_to(below + (above - below) * sky, picture.shape)
        changed = laid_on(changed, lens.astype(np.uint8), outline, softness=0.01 * span)
    return line(changed, np.array([landmarks[39], landmarks[42]]), 0.06 * span, (20, 20, 22))


def below_the_nose(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face with a mask over mouth and chin that leaves the nose free."""
    up, _ = axes(landmarks)
    lip = landmarks[51] + up * eye_span(landmarks) * rng.uniform(0.06, 0.16)
    outline = np.vstack([landmarks[3:14], landmarks[13] * 0.3 + lip * 0.7, landmarks[3] * 0.3 + lip * 0.7])
    cover = woven(picture, rng, folds=eye_span(landmarks) * 0.12)
    return laid_on(picture, cover, outline, softness=0.02 * eye_span(landmarks))


def handed(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face with the person's own hand before the mouth: four fingers of the cheeks' colour."""
    span, (up, side) = eye_span(landmarks), axes(landmarks)
    cheeks = np.array(
        [picture[round(y), round(x)] for x, y in (landmarks[[2, 14]] + landmarks[[31, 35]]) / 2]
    )
    skin = np.clip(np.median(cheeks, axis=0) * rng.uniform(0.85, 1.1), 0, 255)
    middle = landmarks[48:68].mean(axis=0) + up * span * rng.uniform(-0.05, 0.1)
    width, reach, changed = 0.17 * span, span * rng.uniform(0.9, 1.2), picture
    for finger in range(4):
        along = middle + up * width * (1.5 - finger) - side * reach * 0.1 * finger
        outline = along + _ellipse_of(side * reach * (1 - 0.08 * finger), up * width * 0.56)
        shade = np.broadcast_to(skin * rng.uniform(0.92, 1.0), picture.shape).astype(np.uint8)
        changed = laid_on(changed, shade, outline, softness=0.02 * span)
        edge = outline[: len(outline) // 2]
        changed = line(
            changed, edge, 0.02 * span, (int(skin[0] * 0.6), int(skin[1] * 0.55), int(skin[2] * 0.5))
        )
    return changed


def glaring(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face behind clear glasses, in which a lamp or a window hides a part of each eye."""
    changed, span = picture.astype(np.float32), eye_span(landmarks)
    glare = np.zeros(picture.shape[:2], np.float32)
    size = rng.uniform(0.34, 0.42), rng.uniform(0.24, 0.3)
    shift = rng.uniform(-0.12, 0.12, 2)
    for eye in _EYES:
        outline = _lens(landmarks, eye, size)
        inside = covered(picture, outline, softness=0.01 * span)
        middle = landmarks[list(eye)].mean(axis=0) + shift * span
        wide = np.array([rng.uniform(0.14, 0.24), rng.uniform(0.08, 0.15)]) * span
        blob = covered(picture, ellipse(middle, wide, 0.2), softness=0.03 * span)
        glare = np.maximum(glare, inside * blob)
    strength = rng.uniform(0.75, 1.0)
    changed += (250 - changed) * (strength * glare)[..., None]
    framed = np.clip(changed, 0, 255).astype(np.uint8)
    for eye in _EYES:
        framed = line(framed, _lens(landmarks, eye, size), 0.035 * span, (35, 30, 30), closed=True)
    return framed


def hatted(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the head under a hat or cap that is pulled down to the brows, or over them."""
    span = eye_span(landmarks)
    up, side = axes(landmarks)
    brow = landmarks[17:27].mean(axis=0) + up * span * rng.uniform(-0.05, 0.15)
    half, height = span * rng.uniform(1.1, 1.3), span * rng.uniform(1.1, 1.5)
    curve = span * rng.uniform(-0.05, 0.15)
    across = np.linspace(-1, 1, 15)
    brim = (brow + side * half * x + up * curve * (1 - x * x) for x in across)
    crown = (brow + side * half * x + up * height * np.sqrt(1 - 0.9 * x * x) for x in across[::-1])
    cloth = woven(picture, rng, folds=span * 0.1)
    return laid_on(picture, cloth, np.array([*brim, *crown]), softness=0.015 * span)


def _ellipse_of(across: Array, down: Array) -> Array:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, None]
    return np.cos(angle) * across + np.sin(angle) * down


def _lens(landmarks: Array, eye: tuple[int, ...], size: tuple[float, float]) -> Array:
    middle = landmarks[list(eye)].mean(axis=0) + np.array([0, 0.04]) * eye_span(landmarks)
    return ellipse(middle, np.array(size) * eye_span(landmarks), 0.5)
