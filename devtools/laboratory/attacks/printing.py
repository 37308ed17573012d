"""What a printer does to a photograph: narrower gamut, lifted blacks, halftone dots."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from .scene import HEIGHT, WIDTH, Image, Portrait

_ANGLES: Final = (15, 75, 45)


def printed(subject: Portrait, rng: np.random.Generator) -> Portrait:
    """Returns the portrait as ink on paper."""
    return replace(subject, texture=_ink(subject.texture, rng))


def gloss(rng: np.random.Generator) -> float:
    """Draws a paper's gloss, as of scene.Surface: none for plain paper, up to an eighth for photographic."""
    return float(rng.choice([0.0, rng.uniform(0.02, 0.12)]))


def _ink(texture: Image, rng: np.random.Generator) -> Image:
    picture = texture.astype(np.float32)
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + (picture - grey) * rng.uniform(0.7, 0.95)
    picture = rng.uniform(14, 34) + picture * rng.uniform(0.78, 0.9)
    picture += rng.uniform(0.0, 4.0) * _halftone(rng.uniform(2.2, 4.5))
    return np.clip(picture, 0, 255).astype(np.uint8)


def _halftone(period: float) -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    plates = []
    for angle in np.radians(_ANGLES):
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        plates.append(np.sin(2 * np.pi * u / period) * np.sin(2 * np.pi * v / period))
    return np.stack(plates, axis=-1)


def sheet_mask(subject: Portrait, rng: np.random.Generator) -> np.ndarray:
    """Returns a HEIGHT×WIDTH alpha of the paper's outline, cut somewhere around the head."""
    span = np.hypot(*(subject.landmarks[45] - subject.landmarks[36]))
    centre = subject.landmarks[27] + (0, 0.2 * span)
    half = span * rng.uniform((1.2, 1.5), (2.4, 2.6))
    low, high = (
        np.maximum(centre - half, 2).astype(int),
        np.minimum(centre + half, (WIDTH - 2, HEIGHT - 2)).astype(int),
    )
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[low[1] : high[1], low[0] : high[0]] = 1
    return mask
