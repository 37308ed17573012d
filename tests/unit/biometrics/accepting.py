"""A worker for whose stages every face is the right one; what a model keeps, opens and sends is as ever."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from authsvc.biometrics import examination, pipeline
from authsvc.biometrics.pipeline import OpenReference, Outcome
from authsvc.biometrics.stages.decode.container import read_manifest, split_container
from authsvc.biometrics.templates import encode_template
from authsvc.biometrics.types import CaptureContext, DecisionResult, FeatureResult, StageError, Thresholds
from authsvc.core.stages import Plan, Stage

ENGINE = "engine:1"
TEMPLATE = encode_template(
    FeatureResult(np.eye(2, 128, dtype=np.float32), (0, 1), np.full(2, 0.5, np.float32)), engine=ENGINE
)
QUALITY = 70.0
_THRESHOLDS = Thresholds("policy", "1e-4", 0.5, 50.0, "record-under-test")


def accept_every_face(patch: pytest.MonkeyPatch, *, template: bytes = TEMPLATE, engine: str = ENGINE) -> None:
    """Let the worker's judgement of this process look at no picture; a reference has to open all the same.

    Whoever enrols has the `template`, which that engine made.
    """
    patch.setattr(pipeline, "run", partial(_run, template))
    patch.setattr(examination, "load_engine", lambda: SimpleNamespace(engine_id=engine))
    patch.setattr(examination, "thresholds_for", lambda *_, **__: _THRESHOLDS)


def _run(
    template: bytes,
    plan: Plan,
    sample: bytes,
    *,
    context: CaptureContext,
    open_reference: OpenReference,
    **_: Any,
) -> Outcome:
    body, _content = split_container(sample)
    manifest = read_manifest(body, transaction_id=context.transaction_id, challenge=context.challenge)
    try:
        if Stage.VAULT in plan:
            open_reference(manifest)
    except StageError as problem:
        return Outcome(DecisionResult("refused", problem.reason), (), {}, detail=problem.detail)
    return Outcome(DecisionResult("accepted"), (), {}, manifest, template, QUALITY)
