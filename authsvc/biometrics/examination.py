"""A face before the pipeline: one run of a plan over a sample, and the evidence that comes of it."""

import logging
import os
from collections.abc import Callable

from authsvc.assurance.evidence import FaceProof
from authsvc.biometrics import pipeline
from authsvc.biometrics.adoption import note_adopted
from authsvc.biometrics.bands import bands_of
from authsvc.biometrics.cameras import camera_kind
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.judgement import Judgement, context_of
from authsvc.biometrics.pipeline import OpenReference, Outcome
from authsvc.biometrics.thresholds import thresholds_for
from authsvc.biometrics.types import Manifest, Thresholds
from authsvc.core.components import OF_A_WORKER
from authsvc.core.ids import b64u
from authsvc.core.installation import own
from authsvc.core.measures import STAGE_SECONDS
from authsvc.core.stages import Plan
from authsvc.protection.base import Compared, Features, Protection
from authsvc.transactions.models import Capture
from authsvc.transactions.records import Findings, NewReference

log = logging.getLogger(__name__)
_NOBODY = Compared("", None)


def examine(
    capture: Capture,
    sample: bytes,
    *,
    plan: Plan,
    protection: Protection | None,
    open_reference: OpenReference = pipeline.no_reference,
) -> tuple[Outcome, FaceProof | None, Findings]:
    """Run a plan of the model over a sample's plain text; where no model has a part in it there is none.

    Return the outcome, of an accepted one the evidence of the face, as the verdict carries it, and what the
    audit log learns of it.
    """
    engine = load_engine()
    thresholds = thresholds_for(engine.engine_id, sandbox=capture.tenant.lets_simulators_in)
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
    for stage, milliseconds in outcome.timings.items():
        STAGE_SECONDS.labels(stage).observe(milliseconds / 1000)
    log.info("capture %s: %s %s", capture.id, outcome.decision.outcome, outcome.detail)
    findings = _findings(outcome, thresholds, engine, sample)
    if outcome.decision.outcome != "accepted" or outcome.manifest is None:
        return outcome, None, findings
    face = _evidence(capture, outcome.manifest, thresholds, engine, protection)
    return outcome, face, findings


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


def _findings(outcome: Outcome, thresholds: Thresholds, engine: Engine, sample: bytes) -> Findings:
    return Findings(
        stages=bands_of(outcome.parts, operating_point=thresholds.operating_point),
        engine=engine.engine_id,
        policy=thresholds.policy_version,
        record=thresholds.record,
        camera=camera_kind(sample),
    )


def _evidence(
    capture: Capture,
    manifest: Manifest,
    thresholds: Thresholds,
    engine: Engine,
    protection: Protection | None,
) -> FaceProof:
    compared = protection.evidence(share_kind=manifest.share_kind) if protection else _NOBODY
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
        components=own(*OF_A_WORKER),
        chain="" if protection else b64u(manifest.chain),
    )
