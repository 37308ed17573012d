"""Continuity of identity: one person from the first frame to the last, against a face swapped half way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation

CALIBRATIONS: Final = {
    "identity": Calibration(-35.0, 9.5, -6.0, 1.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("swapped-face",),
}
FAILS: Final = {
    "identity": "twins, and a swap that the features cannot tell",
}


def identity_break(observed: Observation) -> float | None:
    """Returns the largest Euclidean distance between the mean features before and after any moment of the
    burst.

    0 to 2 for unit features; None with fewer than four described frames. Fails on twins, and on a swap that
    the features engine itself cannot see.
    """
    features = observed.descriptors
    if len(features) < 4:
        return None
    return max(_split(features, k) for k in range(1, len(features)))


def _split(features: Array, at: int) -> float:
    before, after = features[:at].mean(axis=0), features[at:].mean(axis=0)
    # A lone frame is noisier than a mean of many; the lever arm sqrt(n1·n2)/n·2 keeps splits comparable.
    share = 2 * np.sqrt(at * (len(features) - at)) / len(features)
    return float(np.linalg.norm(before - after) * share)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    score = identity_break(observed)
    return {} if score is None else {"identity": score}
