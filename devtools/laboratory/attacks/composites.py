"""Faces laid into the pictures of a head that answers by itself, frame by frame, as swapping programs do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .scene import HEIGHT, WIDTH, Field, Image

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Manner:
    """How well a program does it: jitter of its landmarks in pixels, soft edge in eye spans, whether it
    matches colours.
    """

    jitter: float
    edge: float
    matched: bool

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Manner:
        """Draws a careful or a careless program."""
        return cls(float(rng.uniform(0.2, 1.0)), float(rng.uniform(0.02, 0.1)), bool(rng.random() < 0.7))

    def laid(
        self,
        scene: Image,
        marks: Array,
        donor: Image,
        donor_marks: Array,
        outline: Array,
        rng: np.random.Generator,
    ) -> Image:
        """Returns the scene with the donor's face inside an outline of it, k×2 pixels of the scene.

        The donor is moved and scaled so that its landmarks lie best on the scene's, each off by the jitter.
        """
        seen = marks + rng.normal(0, self.jitter, marks.shape)
        matrix = np.linalg.lstsq(np.column_stack([donor_marks, np.ones(len(marks))]), seen)[0].T
        moved = cv2.warpAffine(donor, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        share = _mask(outline, self.edge * float(np.hypot(*np.ptp(marks, axis=0))))
        if self.matched:
            moved = _like(moved, scene, share)
        return np.asarray(cv2.blendLinear(moved, scene, share, 1 - share), np.uint8)


def inner_face(marks: Array) -> Array:
    """Returns the outline of brows, cheeks and chin of 68×2 landmarks."""
    middle = marks[30]
    outline = np.concatenate([marks[3:14], marks[17:27] - (0.0, 0.1 * np.ptp(marks[:, 1]))])
    return np.asarray(middle + 0.92 * (outline - middle))


def _mask(outline: Array, edge: float) -> Field:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(outline).astype(np.int32)), 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(edge, 0.5)), np.float32)


def _like(donor: Image, scene: Image, share: Field) -> Image:
    """Returns the donor with the scene's mean and spread of each channel inside the mask."""
    inside = share > 0.5
    if not inside.any():
        return donor
    mine, its = donor[inside].astype(np.float32), scene[inside].astype(np.float32)
    gain = np.clip((its.std(axis=0) + 1) / (mine.std(axis=0) + 1), 0.6, 1.6)
    matched = (donor - mine.mean(axis=0)) * gain + its.mean(axis=0)
    return np.clip(matched, 0, 255).astype(np.uint8)
