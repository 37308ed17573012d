"""The comparison stage: the product of the fused probe and the fused reference."""

from __future__ import annotations

import numpy as np

from authsvc.biometrics.types import (
    ComparisonResult,
    FeatureResult,
    Reason,
    StageError,
    Template,
    fuse,
)


def assess(
    probe: FeatureResult, reference: Template, *, engine_id: str, threshold: float
) -> ComparisonResult:
    """Return the comparison score in [-1, 1] with its threshold.

    Raises StageError where the reference was made by another engine, has another size, or either side is
    not finite: features of two engines do not compare (S5.2-05).
    """
    if reference.engine != engine_id:
        raise StageError(Reason.ENGINE_MISMATCH, detail=f"{reference.engine} against {engine_id}")
    ours, theirs = probe.fused, fuse(reference.vectors, reference.weights)
    if ours.shape != theirs.shape or not np.isfinite(threshold):
        raise StageError(Reason.REFERENCE, detail=f"shape {theirs.shape}")
    score = float(ours @ theirs)
    if not np.isfinite(score) or not ours.any() or not theirs.any():
        raise StageError(Reason.FEATURES, detail="a side has no direction")
    return ComparisonResult(score, threshold, _band(score, threshold))


def _band(score: float, threshold: float) -> str:
    # Two bands only: a finer one would be a score by another name (S7-02).
    return "at-or-above" if score >= threshold else "below"
