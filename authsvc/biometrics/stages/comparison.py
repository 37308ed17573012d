"""The comparison stage: the cosine of the fused probe and the fused reference."""

from __future__ import annotations

import numpy as np

from authsvc.biometrics.types import Array, ComparisonResult, FeatureResult, Reason, StageError, Template


def assess(
    probe: FeatureResult, reference: Template, *, engine_id: str, threshold: float
) -> ComparisonResult:
    """Return the comparison score in [-1, 1] with its threshold.

    Raises StageError where the reference was made by another engine, has another size, or either side is
    not finite: features of two engines do not compare (S5.2-05).
    """
    if reference.engine != engine_id:
        raise StageError(Reason.ENGINE_MISMATCH, detail=f"{reference.engine} against {engine_id}")
    ours, theirs = probe.fused, _fused(reference)
    if ours.shape != theirs.shape or not np.isfinite(threshold):
        raise StageError(Reason.REFERENCE, detail=f"shape {theirs.shape}")
    score = float(ours @ theirs)
    if not np.isfinite(score):
        raise StageError(Reason.FEATURES, detail="the score is not finite")
    return ComparisonResult(score, threshold, _band(score, threshold))


def _fused(reference: Template) -> Array:
    mean = reference.weights @ reference.vectors
    length = float(np.linalg.norm(mean))
    if not np.isfinite(length) or length < 1e-6:
        raise StageError(Reason.REFERENCE, detail="the reference has no direction")
    return np.asarray(mean / length, np.float32)


def _band(score: float, threshold: float) -> str:
    # Two bands only: a finer one would be a score by another name (S7-02).
    return "at-or-above" if score >= threshold else "below"
