"""The shape of the head, fitted over the whole burst: has it a nose, sides and features of a head's depth?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import GENERIC_FACE, rotation

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation

CALIBRATIONS: Final = {
    "depth": Calibration(50.0, -38.5, -5.0, 0.5, 1.0),
    "nose": Calibration(12.0, -8.9, -5.0, 0.2, 1.0),
    "cheeks": Calibration(12.0, -8.4, -5.0, 0.2, 1.0),
    "hollow": Calibration(6.0, 0.0, -5.0, 0.2, 1.0),
    "features": Calibration(40.0, -33.1, -5.0, 0.2, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "depth": ("print-on-head", "egg-print", "bas-relief", "cut-paper-mask"),
    "nose": ("print-on-head", "egg-print", "bas-relief"),
    "cheeks": ("bas-relief", "layered-paper"),
    "hollow": ("egg-print",),
    "features": ("egg-print", "bas-relief", "print-on-head", "layered-paper"),
}
FAILS: Final = {
    "depth": "a mask, a mannequin or a rendered head of a head's full depth",
    "nose": "landmarks that slip to where a generic nose would be",
    "cheeks": "hair before the temples",
    "hollow": "a chin or a forehead that stands far out",
    "features": "glasses whose rims are taken for brows and lids",
}

_POINTS: Final = np.array([*range(17, 48), 48, 51, 54, 57, 8])
"""Landmarks that stay in their place on a head as it turns: the outline of the cheeks does not."""

_SPAN_MM: Final = 92.0
_LEAST_TURN: Final = 10.0
_LEAST_TURNED: Final = 3
"""Frames that must be turned by so many degrees."""
_MOVED: Final = 6.0
_GROWN: Final = 0.06
_RESTING: Final = 4
"""Degrees and growth from which on a frame tells something of the shape, and how many at rest are taken."""

_ROUNDS: Final = 4
_SLIP: Final = 0.024
"""Eye spans by which a landmark may lie off, before it counts for half."""
_TRUST: Final = 1e-3
"""How strongly an average head is believed where the burst tells nothing, in eye spans squared."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Parts of the head's relief over those of an average head: about 1 for people, 0 for a plane.

    nose: how far it stands out; cheeks: how far the face bends back to both sides; hollow: how far it lies
    back between forehead and chin, where an egg stands out; features: what else is no plane: sockets of the
    eyes, brows, lips, chin.
    """

    nose: float
    cheeks: float
    hollow: float
    features: float

    @property
    def depth(self) -> float:
        """All together, the surest most: what a cylinder or an egg has of one, it lacks of another."""
        return 0.3 * self.nose + 0.1 * self.cheeks + 0.1 * self.hollow + 0.5 * self.features


def shape(observed: Observation) -> Shape | None:
    """Returns the relief that explains best how the landmarks move over all frames, as a rigid thing of any
    pose in each; None with fewer than three frames turned by 10 degrees.

    Depth and turn are told apart by how the face narrows, and by perspective as it comes nearer: what is half
    as deep and turned twice as far narrows four times as much. Fails on masks and rendered heads, which have
    a head's depth.
    """
    turned = np.abs(observed.turns).max(axis=1)
    if np.count_nonzero(turned >= _LEAST_TURN) < _LEAST_TURNED:
        return None
    moved = np.flatnonzero((turned >= _MOVED) | (np.abs(observed.growth) >= _GROWN))
    fit = _Fit(observed, np.union1d(moved, observed.neutral[:_RESTING]))
    for _ in range(_ROUNDS):
        fit.improve()
    nose, cheeks, hollow, features = (float(part) for part in fit.parts[:4])
    return Shape(nose, cheeks, hollow, features)


def _average() -> tuple[Array, Array, Array]:
    """Returns what of an average head's depths is nose and what is features, in millimetres, and how many
    millimetres it bends back at one eye span to a side, and at one up or down.
    """
    x, y, z = (GENERIC_FACE[_POINTS] / (_SPAN_MM, _SPAN_MM, 1.0)).T
    ridge = np.zeros(68)
    ridge[28:36] = (0.5, 0.75, 1.0, 0.35, 0.5, 0.6, 0.5, 0.35)
    nose = -ridge[_POINTS]
    smooth = np.column_stack([np.ones_like(x), x, y, x * x, y * y, nose])
    parts = np.linalg.lstsq(smooth, z)[0]
    return nose * parts[5], z - smooth @ parts, parts[3:5]


_NOSE, _FEATURES, _BENT = _average()
_EXPECTED: Final = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])


class _Fit:
    """One relief in the neutral's own axes, and a pose of it in each frame, improved by Gauss and Newton.

    parts: nose, cheeks, hollow, features (1 each for an average head), and slopes across and down, which
    nobody knows of a neutral and nothing is concluded from.
    """

    def __init__(self, observed: Observation, frames: NDArray[np.intp]) -> None:
        self._focal, self._middle = observed.camera[0, 0], observed.camera[:2, 2]
        neutral, distance = observed.neutral_shape, observed.neutral_pose[3]
        across = neutral[45] - neutral[36]
        self._span = float(np.hypot(*across))
        self._seen = observed.landmarks[frames][:, _POINTS]
        self._rays = self._ray(neutral[_POINTS])
        self._at_rest = self._rays * distance - self._ray(neutral[27]) * distance
        self._forms = _forms((neutral[_POINTS] - neutral[27]) / self._span, across / self._span)
        poses = observed.poses[frames]
        self._turns = np.array([rotation(*pose[:3]) for pose in poses])
        self._shifts = self._ray(observed.landmarks[frames, 27]) * poses[:, 3:]
        self.parts = _EXPECTED.copy()

    def improve(self) -> None:
        """Take one step towards the relief and the poses that leave the least of the landmarks' movement."""
        turned = (self._at_rest + self._rays * (self._forms @ self.parts)[:, None]) @ np.swapaxes(
            self._turns, 1, 2
        )
        there = turned + self._shifts[:, None]
        depth = there[..., 2:]
        off = (self._seen - self._middle - self._focal * there[..., :2] / depth) / self._span
        lens = np.zeros((*there.shape[:2], 2, 3))
        lens[..., 0, 0] = lens[..., 1, 1] = 1.0
        lens[..., 2] = -there[..., :2] / depth
        lens *= self._focal / self._span / depth[..., None]
        by_pose = np.concatenate([lens @ -_cross(turned), lens], axis=-1)
        rays = self._rays @ np.swapaxes(self._turns, 1, 2)
        by_part = (lens @ rays[..., None]) * self._forms[:, None]
        self._step(off, by_pose, by_part)

    def _step(self, off: Array, by_pose: Array, by_part: Array) -> None:
        count = len(off)
        weight = np.repeat(1 / (1 + (off**2).sum(axis=-1) / _SLIP**2), 2, axis=1)[..., None]
        rest, pose, part = (block.reshape(count, weight.shape[1], -1) for block in (off, by_pose, by_part))
        posed, formed = np.swapaxes(pose * weight, 1, 2), np.swapaxes(part * weight, 1, 2)
        inverse = np.linalg.inv(posed @ pose + _TINY * np.eye(6))
        mixed, wanted = posed @ part, posed @ rest
        taken = np.swapaxes(mixed, 1, 2) @ inverse
        left = (formed @ part - taken @ mixed).sum(axis=0) + _TRUST * np.eye(len(_EXPECTED))
        right = (formed @ rest - taken @ wanted).sum(axis=0)[:, 0] - _TRUST * (self.parts - _EXPECTED)
        change = np.linalg.solve(left, right)
        moved = (inverse @ (wanted - (mixed @ change)[..., None]))[..., 0]
        self.parts = self.parts + change
        self._turns = np.array([cv2.Rodrigues(by)[0] for by in moved[:, :3]]) @ self._turns
        self._shifts = self._shifts + moved[:, 3:]

    def _ray(self, pixels: Array) -> Array:
        across = (pixels - self._middle) / self._focal
        return np.concatenate([across, np.ones((*pixels.shape[:-1], 1))], axis=-1)


_TINY: Final = 1e-9


def _forms(places: Array, across: Array) -> Array:
    """Returns points×parts in millimetres: what each part of the relief adds, at places in eye spans."""
    x, y = places @ across, places @ np.array([-across[1], across[0]])
    bent = _BENT * np.column_stack([x * x, y * y])
    return np.column_stack([_NOSE, bent, _FEATURES, _SPAN_MM * x, _SPAN_MM * y])


def _cross(vectors: Array) -> Array:
    """Returns …×3×3, the matrices that take the cross product with …×3 vectors."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    none = np.zeros_like(x)
    rows = [(none, -z, y), (z, none, -x), (-y, x, none)]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = shape(observed)
    if found is None:
        return {}
    return {
        "depth": found.depth,
        "nose": found.nose,
        "cheeks": found.cheeks,
        "hollow": found.hollow,
        "features": found.features,
    }
