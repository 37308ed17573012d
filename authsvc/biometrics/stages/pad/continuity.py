"""Continuity of identity: one person in every frame, against faces swapped half way or to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .following import Following
from .observation import Observation
from .patches import SIDE

CALIBRATIONS: Final = {
    "identity": Calibration(-14.4, 14.4, -6.0, 1.0, 1.0),
    "steadiness": Calibration(-25.0, 7.5, -5.0, 0.5, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("swapped-face", "known-frames", "alternating-faces"),
    "steadiness": ("known-frames", "alternating-faces"),
}
FAILS: Final = {
    "identity": "twins, and a swap that the features cannot tell; a face put over all frames alike",
    "steadiness": "landmarks that slip to and fro; a face put over all frames alike",
}

_MOST_SPLIT: Final = 10
"""Most described frames of which all groups are looked at; of more, every other one."""

_LEAST_PAIRS: Final = 4
_NEAR_DEGREES: Final = 4.0
_NEAR_GROWTH: Final = 0.05
"""Frames of poses nearer than this show one head alike."""

_HALF: Final = SIDE // 2
_BLUR: Final = 9
"""Breadth of what counts as broad light and shade, in pixels of a halved patch."""

_GREYS: Final = 2.0
"""Grey levels that are a camera's own."""


def _oval() -> NDArray[np.bool_]:
    """Returns where a halved patch shows the face, brows to chin."""
    y, x = np.mgrid[0:_HALF, 0:_HALF]
    return np.asarray(((x - 11.5) / 7.5) ** 2 + ((y - 13) / 9) ** 2 < 1)


def _places(inside: NDArray[np.bool_], reach: int) -> NDArray[np.intp]:
    """Returns shifts×places in a flat patch: those inside, moved by steps that sum up to the reach."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    near = np.abs(x) + np.abs(y) <= reach
    return np.asarray((y * len(inside) + x)[near, None] + np.flatnonzero(inside), np.intp)


_FACE: Final = _places(_oval(), 2)
"""Places by whose shift landmarks may have put a face beside its own."""


def identity_break(observed: Observation) -> float | None:
    """Returns the largest Euclidean distance between the mean features of any two groups into which the
    described frames can be parted, in the engine's own unit (Engine.apart).

    0 for one picture, 1 where it is even whether there are two people; None with fewer than four described
    frames. Fails on twins, on a swap that the features engine itself cannot see, and on a face that is laid
    over every frame alike.
    """
    features = observed.descriptors
    if len(features) < 4:
        return None
    while len(features) > _MOST_SPLIT:
        features = features[::2]
    count = len(features)
    groups = (np.arange(1, 2 ** (count - 1))[:, None] >> np.arange(count) & 1).astype(float)
    size = groups.sum(axis=1)[:, None]
    apart = groups @ features / size - (1 - groups) @ features / (count - size)
    # A lone frame is noisier than a mean of many; the lever arm sqrt(n1·n2)/n·2 keeps groups comparable.
    share = 2 * np.sqrt(size * (count - size)) / count
    return float(np.linalg.norm(apart * share, axis=1).max() / observed.apart)


def steadiness(observed: Observation) -> float | None:
    """Returns how unlike frames of nearly the same pose are: 0 for one face, about 0.4 to 0.8 for two.

    Over all pairs of frames whose turn and size hardly differ, the 90th percentile of 1 less the correlation
    of their small upright faces, freed of broad light and shade, where they fit best. None with fewer than
    four such pairs. Cheap, so that every frame is looked at; tells people apart worse than features do. Fails
    where landmarks slip to and fro, and on a face that is laid over every frame alike.
    """
    pairs = _alike_in_pose(observed)
    if pairs.sum() < _LEAST_PAIRS:
        return None
    green = observed.patches[..., 1].astype(np.float32)
    small = green.reshape(len(green), _HALF, 2, _HALF, 2).mean(axis=(2, 4))
    return float(np.percentile(_unlikeness(_freed(small, _BLUR), _FACE)[pairs], 90))


def _alike_in_pose(observed: Observation) -> NDArray[np.bool_]:
    """Returns n×n, above the diagonal: which pairs of frames show the head in nearly the same pose."""
    turned, grown = observed.turns, observed.growth
    near = np.abs(turned[:, None] - turned).max(axis=2) < _NEAR_DEGREES
    return np.asarray(np.triu(near & (np.abs(grown[:, None] - grown) < _NEAR_GROWTH), 1))


def _freed(faces: NDArray[np.float32], blur: int) -> NDArray[np.float32]:
    """Returns places×n: faces of one channel without their broad light and shade."""
    # Each frame is a channel: one call blurs them all.
    stacked = np.ascontiguousarray(faces.transpose(1, 2, 0))
    rough = stacked - cv2.blur(stacked, (blur, blur)).reshape(stacked.shape)
    return np.asarray(rough.reshape(-1, len(faces)))


def _unlikeness(freed: NDArray[np.float32], places: NDArray[np.intp]) -> NDArray[np.float32]:
    """Returns n×n: 1 less the correlation of each two faces at the places, shifted where they fit best.

    What differs by no more than a camera's noise counts as alike.
    """
    moved = freed[places].transpose(2, 0, 1)
    moved = moved - moved.mean(axis=2, keepdims=True)
    count, shifts, length = moved.shape
    size = np.sqrt(np.einsum("nsp,nsp->ns", moved, moved))
    plain, noise = shifts // 2, np.float32(_GREYS**2 * length)
    together = (moved.reshape(-1, length) @ moved[:, plain].T).reshape(count, shifts, count)
    fits = ((together + noise) / (size[..., None] * size[:, plain] + noise)).max(axis=1)
    return np.asarray(1 - np.maximum(fits, fits.T), np.float32)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    found = {
        "identity": identity_break(observed),
        "steadiness": steadiness(observed),
    }
    return {name: score for name, score in found.items() if score is not None}
