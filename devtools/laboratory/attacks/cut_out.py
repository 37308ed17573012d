"""A flat print with holes for the attacker's own eyes, which blink behind it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .printing import printed, sheet_mask
from .recording import OVERTURNED, Material, film_answer
from .scene import HEIGHT, WIDTH, Portrait, sheet_surface


def make(material: Material) -> Recording:
    """Returns the cut-out's attempt; living eyes of somebody else look through the paper."""
    rng = material.rng
    subject = printed(material.target, rng)
    seen = replace(subject, texture=_with_eyes(subject, material.attacker))
    surface = sheet_surface(seen, bend=rng.choice([0.0, 1 / 120]), alpha=sheet_mask(subject, rng))
    return film_answer(surface, material, size=OVERTURNED)


def _with_eyes(subject: Portrait, behind: Portrait) -> np.ndarray:
    matrix, _ = cv2.estimateAffinePartial2D(behind.landmarks[36:48], subject.landmarks[36:48])
    eyes = cv2.warpAffine(behind.texture, matrix, (WIDTH, HEIGHT))
    holes = np.zeros((HEIGHT, WIDTH), np.uint8)
    for first in (36, 42):
        cv2.fillConvexPoly(holes, cv2.convexHull(subject.landmarks[first : first + 6].astype(np.int32)), 255)
    holes = cv2.dilate(holes, np.ones((5, 5), np.uint8))
    return np.where(holes[..., None] > 0, eyes, subject.texture)
