"""What people wear that leaves the face open, drawn on a photograph: beard, headscarf, hair over an eye.

The service must not ask anybody to take these off. Pictures, landmarks and chance as in occluders.py.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

from .drawing import Array, Rng, axes, covered, eye_span, laid_on, plain, varied, woven

_HAIR: Final = ((24, 20, 18), (58, 40, 28), (110, 84, 58), (150, 145, 140), (205, 200, 195))
"""Black, dark brown, light brown, grey, white."""


def bearded(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the face with a full beard and a moustache, that leaves the lips free."""
    span, (up, _) = eye_span(landmarks), axes(landmarks)
    nose = landmarks[33] - up * 0.06 * span
    chin = landmarks[4:13] - up * span * rng.uniform(0.0, 0.25)
    cheek = [landmarks[13] * 0.6 + landmarks[54] * 0.4, nose, landmarks[3] * 0.6 + landmarks[48] * 0.4]
    share = covered(picture, np.vstack([landmarks[3], chin, landmarks[13], *cheek]), softness=0.05 * span)
    lips = covered(picture, landmarks[48:60], softness=0.02 * span)
    share = share * (1 - lips) * rng.uniform(0.75, 0.97)
    return _mixed(picture, _strands(picture, rng, length=0.12 * span), share)


def scarfed(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the head in a scarf over hair, ears, neck and the upper forehead, as a hijab is worn."""
    span, (up, side) = eye_span(landmarks), axes(landmarks)
    brow = landmarks[17:27].mean(axis=0) + up * span * rng.uniform(0.3, 0.5)
    middle, half = landmarks[27], span * rng.uniform(1.05, 1.15)
    jaw = landmarks[1:16] + (landmarks[1:16] - middle) * 0.02
    top = [brow + side * half * x * 0.9 - up * span * 0.3 * x * x for x in np.linspace(1, -1, 11)]
    face = covered(picture, np.vstack([jaw, *top]), softness=0.02 * span)
    round_ = np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, None]
    head = middle + side * np.cos(round_) * span * 1.75 + up * np.sin(round_) * span * 1.9
    neck = landmarks[8] + np.outer([-1.3, 1.3, 2.2, -2.2], side) * span - np.outer([0, 0, 2, 2], up) * span
    around = np.maximum(covered(picture, head, softness=0.03 * span), covered(picture, neck, softness=2))
    return _mixed(picture, woven(picture, rng, folds=span * 0.3), around * (1 - face))


def fringed(picture: Image, landmarks: Array, rng: Rng) -> Image:
    """Return the head with a lock of hair that hangs over one eye, brow and cheek."""
    span, (up, side) = eye_span(landmarks), axes(landmarks)
    eye, out = ((36, -1.0), (45, 1.0))[int(rng.integers(2))]
    parting = landmarks[27] + up * span * 0.95
    outer = landmarks[eye] + out * side * span * 0.4
    tip = landmarks[48 if out < 0 else 54] + out * side * span * 0.35
    inner = landmarks[eye] - out * side * span * rng.uniform(0.35, 0.5)
    outline = np.array([parting, outer + up * span * 0.7, outer, tip, inner, parting])
    return laid_on(picture, _strands(picture, rng, length=0.5 * span), outline, softness=0.03 * span)


def _strands(picture: Image, rng: Rng, *, length: float) -> Image:
    """Return a picture's size of hair that hangs down."""
    noise = rng.normal(0, 1, picture.shape[:2])
    drawn = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.9, sigmaY=max(length / 3, 1.0))
    grain = drawn / drawn.std() * rng.uniform(0.1, 0.25)
    return np.clip(plain(picture, varied(_HAIR, rng, 6), rng) * (1 + grain[..., None]), 0, 255).astype(
        np.uint8
    )


def _mixed(picture: Image, cover: Image, share: NDArray[Any]) -> Image:
    part = share[..., None]
    return np.asarray(np.round(picture * (1 - part) + cover * part), np.uint8)
