"""Morphs: one picture of two people, half of each, and how often both are taken for it (S8.1-03).

A morph is made as the usual tools make it: both faces are moved onto the mean of their landmarks by a
thin-plate spline, and laid over each other. No hand has cleaned its edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from authsvc.biometrics.types import Image
from authsvc.evaluation.rates import Rate

Array = NDArray[np.float64]

_CELL: Final = 6
"""Pixels from one place of the spline to the next: between them it is nearly straight."""

_SLACK: Final = 0.1
"""How far the spline may miss its points: those of closed lips lie on each other, and no curve meets both."""


@dataclass(frozen=True, eq=False)
class Portrayed:
    """Somebody's photograph, RGB, with its 68×2 landmarks."""

    photo: Image
    landmarks: Array


def morph(one: Portrayed, other: Portrayed, share: float = 0.5) -> Image:
    """Return the picture that is `other` by this share, and `one` by the rest, in the place of `one`."""
    placed = _laid_on(other, one)
    middle = (1 - share) * one.landmarks + share * placed.landmarks
    first, second = _moved(one, middle), _moved(placed, middle)
    return np.asarray(np.round((1 - share) * first + share * second), np.uint8)


def _laid_on(portrayed: Portrayed, onto: Portrayed) -> Portrayed:
    """Return the photograph turned, sized and placed so that its landmarks lie nearest the other's."""
    matrix, _ = cv2.estimateAffinePartial2D(portrayed.landmarks, onto.landmarks, method=cv2.LMEDS)
    height, width = onto.photo.shape[:2]
    photo = cv2.warpAffine(portrayed.photo, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return Portrayed(np.asarray(photo, np.uint8), portrayed.landmarks @ matrix[:, :2].T + matrix[:, 2])


def _moved(portrayed: Portrayed, landmarks: Array) -> Array:
    """Return the photograph with its landmarks at these places; its corners stay."""
    height, width = portrayed.photo.shape[:2]
    edge = np.array([(x, y) for x in (0, width / 2, width) for y in (0, height / 2, height)])
    edge = np.delete(edge, 4, axis=0)
    spline = RBFInterpolator(
        np.vstack([landmarks, edge]),
        np.vstack([portrayed.landmarks - landmarks, np.zeros_like(edge)]),
        smoothing=_SLACK,
    )
    rows, columns = np.mgrid[0 : height + _CELL : _CELL, 0 : width + _CELL : _CELL]
    coarse = spline(np.column_stack([columns.ravel(), rows.ravel()])).reshape(*rows.shape, 2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    by = cv2.remap(coarse.astype(np.float32), x / _CELL, y / _CELL, cv2.INTER_LINEAR)
    moved = cv2.remap(
        portrayed.photo, x + by[..., 0], y + by[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float64)


@dataclass(frozen=True)
class Met:
    """The scores of one morph against another photograph of each of the two.

    `alone` are those of the two photographs that it was made of, each against the other of the same person.
    """

    first: float
    second: float
    alone: tuple[float, float]


@dataclass(frozen=True)
class MorphRates:
    """At one threshold: morphs that both match, and that at least one does.

    `alone` counts who match their own photograph, without a morph.
    """

    threshold: float
    both: Rate
    either: Rate
    alone: Rate


def rates_of(met: Iterable[Met], thresholds: Sequence[float]) -> list[MorphRates]:
    """Return how often both of the two, and either, match their morph at each threshold."""
    found = list(met)
    scores = np.array([(one.first, one.second) for one in found]).reshape(-1, 2)
    alone = np.array([one.alone for one in found]).reshape(-1)
    return [
        MorphRates(
            threshold,
            _passing(scores.min(axis=1), threshold),
            _passing(scores.max(axis=1), threshold),
            _passing(alone, threshold),
        )
        for threshold in thresholds
    ]


def _passing(scores: Array, threshold: float) -> Rate:
    return Rate(int((scores >= threshold).sum()), len(scores))
