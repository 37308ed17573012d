"""A paper mask with holes, out of which the wearer's own nose stands, or through which their eyes look."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.evaluation.pad_recordings import Recording

from .printing import gloss, printed
from .recording import OVERTURNED, Material, film_answer
from .scene import HEIGHT, WIDTH, Field, Portrait, Surface, grid_mm, head_relief, solid

_NOSE: Final = (27, 31, 32, 33, 34, 35)
_EYES: Final = (slice(36, 42), slice(42, 48))
_STEADY: Final = (27, 30, 33, 36, 39, 42, 45, 48, 54)
"""Landmarks by which a mask is laid on its wearer."""


def make(material: Material) -> Recording:
    """Returns the wearer's answer: nose, eyes or both free, the paper bent as it lies on a head."""
    rng = material.rng
    subject, wearer = printed(material.target, rng), worn_by(material.attacker, material.target)
    nose, eyes = [(True, False), (False, True), (True, True)][rng.integers(3)]
    depth = head_relief(wearer).astype(np.float64)
    holes = np.zeros((HEIGHT, WIDTH), np.float32)
    layers = [solid(wearer, depth), _paper(subject, rng)]
    if eyes:
        holes = _holes(subject)
    if nose:
        # The nose lies before the paper, whose hole it fills.
        layers.append(solid(wearer, depth, alpha=_outline(wearer.landmarks[list(_NOSE)], 3)))
    layers[1] = replace(layers[1], alpha=layers[1].alpha * (1 - holes))
    return film_answer(layers, material, size=OVERTURNED)


def worn_by(wearer: Portrait, victim: Portrait) -> Portrait:
    """Returns the wearer's head behind the place of the victim's face, eyes behind eyes."""
    marks = list(_STEADY)
    matrix, _ = cv2.estimateAffinePartial2D(wearer.landmarks[marks], victim.landmarks[marks])
    texture, alpha = (
        cv2.warpAffine(part, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        for part in (wearer.texture, wearer.alpha)
    )
    return Portrait(texture, wearer.landmarks @ matrix[:, :2].T + matrix[:, 2], alpha, victim.distance)


def _paper(subject: Portrait, rng: np.random.Generator) -> Surface:
    radius = rng.uniform(75, 95)
    across = np.clip(grid_mm(subject)[..., 0] / radius, -0.95, 0.95)
    relief = radius * (1 - np.sqrt(1 - across**2))
    face = _outline(subject.landmarks[:27], 9)
    return solid(subject, relief, alpha=np.minimum(face, subject.alpha), gloss=gloss(rng))


def _holes(subject: Portrait) -> Field:
    return np.maximum(*(_outline(subject.landmarks[eye], 5) for eye in _EYES))


def _outline(corners: NDArray[np.float64], grown: int) -> Field:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(corners).astype(np.int32)), 1.0)
    return np.asarray(cv2.GaussianBlur(cv2.dilate(mask, np.ones((grown, grown))), (0, 0), 0.7), np.float32)
