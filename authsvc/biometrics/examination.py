"""A face before the pipeline: one run of a plan over a sample, and the evidence that comes of it."""

import logging
import os
from collections.abc import Callable

from django.conf import settings

from authsvc.assurance.evidence import FaceProof
from authsvc.biometrics import pipeline
from authsvc.biometrics.adoption import note_adopted
from authsvc.biometrics.bands import bands_of
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.judgement import Judgement, context_of
from authsvc.biometrics.pipeline import OpenReference, Outcome
from authsvc.biometrics.thresholds import thresholds_for
from authsvc.biometrics.types import Manifest, Thresholds
from authsvc.core.stages import Plan
from authsvc.protection.base import Features, Protection
from authsvc.transactions.models import Capture
from authsvc.transactions.records import Findings, NewReference

log = logging.getLogger(__name__)


def examine(
    capture: Capture,
    sample: bytes,
    *,
    plan: Plan,
    protection: Protection,
    open_reference: OpenReference = pipeline.no_reference,
) -> tuple[Outcome, FaceProof | None, Findings]:
    """Run a plan of the model over a sample's plain text.

    Return the outcome, of an accepted one the evidence of the face, as the verdict carries it, and what the
    audit log learns of it.
    """
    engine = load_engine()
    allowed = capture.tenant.is_sandbox and settings.SIMULATOR_ENABLED
    thresholds = thresholds_for(engine.engine_id, sandbox=allowed)
    note_adopted(thresholds.record, engine=engine.engine_id)
    outcome = pipeline.run(
        plan,
        sample,
        context=context_of(capture),
        thresholds=thresholds,
        engine=engine,
        part_key=os.urandom(32),
        open_reference=open_reference,
    )
    log.info("capture %s: %s %s", capture.id, outcome.decision.outcome, outcome.detail)
    if outcome.decision.outcome != "accepted" or outcome.manifest is None:
        return outcome, None, _findings(outcome, thresholds, engine)
    face = _evidence(capture, outcome.manifest, thresholds, engine, protection)
    return outcome, face, _findings(outcome, thresholds, engine)


def keeping(
    examined: tuple[Outcome, FaceProof | None, Findings], keep: Callable[[Manifest, Features], NewReference]
) -> Judgement:
    """Return the judgement on an examined sample, which keeps what the plan made of an accepted one."""
    outcome, face, findings = examined
    manifest, template = outcome.manifest, outcome.template
    if face is None or manifest is None or template is None:
        return Judgement(outcome.decision, face, findings=findings)
    made = Features(template, face.engine, round(outcome.quality))
    return Judgement(outcome.decision, face, lambda: keep(manifest, made), findings=findings)


def _findings(outcome: Outcome, thresholds: Thresholds, engine: Engine) -> Findings:
    return Findings(
        stages=bands_of(outcome.parts, operating_point=thresholds.operating_point),
        engine=engine.engine_id,
        policy=thresholds.policy_version,
        record=thresholds.record,
    )


def _evidence(
    capture: Capture, manifest: Manifest, thresholds: Thresholds, engine: Engine, protection: Protection
) -> FaceProof:
    compared = protection.evidence(share_kind=manifest.share_kind)
    return FaceProof(
        capture=capture.id,
        pad="accepted",
        iad="accepted",
        engine=engine.engine_id,
        record=thresholds.record,
        policy=thresholds.policy_version,
        operating_point=thresholds.operating_point,
        model=compared.model,
        share_kind=compared.share_kind,
    )
