"""The features stage: vectors of the best frames, normalised and weighted by quality."""

from __future__ import annotations

import numpy as np

from authsvc.biometrics.types import Descriptors, FeatureResult, QualityResult, Reason, StageError


def assess(described: Descriptors, quality: QualityResult) -> FeatureResult:
    """Return unit vectors with weights that follow the frames' quality.

    Raises StageError on a vector that is not finite or has no direction: it says nothing about a face.
    """
    vectors = np.asarray(described.vectors, np.float32)
    if vectors.ndim != 2 or not len(vectors) or len(vectors) != len(described.frames):
        raise StageError(Reason.FEATURES, detail=f"shape {vectors.shape}")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 1e-6).all():
        raise StageError(Reason.FEATURES, detail="a vector is not finite or has no direction")
    # A frame of half the quality counts half; nothing counts for nothing.
    worth = np.array([max(quality.frames[index] or 0.0, 1.0) for index in described.frames], np.float32)
    return FeatureResult(vectors / lengths, described.frames, worth / worth.sum())
