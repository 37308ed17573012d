"""Prints of one photograph cut out and glued at a few depths: background, face, its middle, nose."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .printing import gloss, printed
from .recording import OVERTURNED, Material, film_answer
from .scene import HEIGHT, WIDTH, Field, Portrait, Surface, grid_mm, solid

_FACE: Final = (*range(17), *range(17, 27))
_MIDDLE: Final = (*range(17, 27), 54, 57, 48)
_NOSE: Final = (27, 31, 33, 35)


def make(material: Material) -> Recording:
    """Returns the answer of three or four layers, from 40 to 90 mm behind the nasion to 8 to 22 before it."""
    rng = material.rng
    subject, shine = printed(material.target, rng), gloss(rng)
    behind, face, middle, nose = rng.uniform((40, 12, 2, -22), (90, 30, 10, -8))
    layers = [
        _layer(subject, behind, subject.alpha, shine),
        _layer(subject, face, _cut(subject, _FACE), shine),
    ]
    if rng.random() < 0.5:
        layers.append(_layer(subject, middle, _cut(subject, _MIDDLE), shine))
    layers.append(_layer(subject, nose, _cut(subject, _NOSE), shine))
    return film_answer(layers, material, size=OVERTURNED)


def _layer(subject: Portrait, depth: float, alpha: Field, shine: float) -> Surface:
    flat = np.full(grid_mm(subject).shape[:2], depth)
    return solid(subject, flat, alpha=alpha, gloss=shine)


def _cut(subject: Portrait, outline: tuple[int, ...]) -> Field:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    corners = np.round(subject.landmarks[list(outline)]).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(corners), 1.0)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(mask, np.ones((5, 5))), (0, 0), 0.7), np.float32)
