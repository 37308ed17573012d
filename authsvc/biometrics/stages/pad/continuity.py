"""Continuity of identity: one person from the first frame to the last, against a face swapped half way."""

from __future__ import annotations

import numpy as np

from .observation import Array, Observation


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
