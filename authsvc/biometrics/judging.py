"""From a stored capture to a judgement: opens sample and reference in memory, judges, forgets both."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from authsvc.assurance.evidence import FaceProof
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics import pipeline
from authsvc.biometrics.decoder.seccomp import hide_memory
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.pipeline import Outcome
from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.records.record import EvaluationRecord, current_record, load_records
from authsvc.biometrics.stages.decode import DECODER, check_decoder, read_sample
from authsvc.biometrics.templates import decode_template
from authsvc.biometrics.types import (
    BadSample,
    CaptureContext,
    Challenge,
    DecisionResult,
    Manifest,
    Reason,
    StageError,
    Template,
    Thresholds,
)
from authsvc.biometrics.unsealing import unseal_sample
from authsvc.devices.models import Device
from authsvc.keys.samples import CannotUnseal
from authsvc.policy.services import current_policy
from authsvc.privacy.consent import live_consent
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import NewReference, Verdict
from authsvc.transactions.services import bound_device
from authsvc.vault import services as vault

log = logging.getLogger(__name__)

Store = Callable[[], NewReference | None]


@dataclass(frozen=True)
class Judgement:
    """What the worker found: what its verdict says, and what must be stored together with it, or None."""

    decision: DecisionResult
    face: FaceProof | None = None
    store: Store | None = None

    def verdict(self, capture: Capture, made: NewReference | None) -> Verdict:
        """Return the verdict on a capture, with the reference that it made; no score is in it (S7-02)."""
        return Verdict(
            tenant=str(capture.tenant_id),
            transaction=capture.transaction_id,
            capture=capture.id,
            sample=capture.sample_digest,
            outcome=self.decision.outcome,
            reason=str(self.decision.reason or "matched"),
            hint=self.decision.hint,
            face=self.face,
            reference=made,
        )


@cache
def prepare_worker() -> None:
    """Load models, evaluation records and what these hold for, before the pool forks; raises ModelProblem.

    The program that decodes pictures is started first, and is ready when the models are.
    """
    hide_memory()
    DECODER.start()
    load_engine()
    try:
        check_decoder()
    except BadSample as problem:
        raise ModelProblem(f"pictures cannot be decoded here: {problem.reason}") from None
    _records()
    stages_version()


@cache
def _records() -> list[EvaluationRecord]:
    return load_records(settings.DATA_DIR / "evaluation", settings.SECRETS["verdict_public_key"])


def thresholds_for(engine_id: str, *, sandbox: bool) -> Thresholds:
    """Return what policy and evaluation fix for a capture of the tenant in scope.

    Without a record of exactly this engine and these stages, the newest record of any gives the threshold,
    and `record` is None: the result is worth L1 (S9.2-03). Raises StageError where there is none at all.
    """
    policy = current_policy()
    fitting = current_record(_records(), engine=engine_id)
    nearest = fitting or (_records()[-1] if _records() else None)
    if nearest is None:
        raise StageError(Reason.INTERNAL, detail="no evaluation record gives a threshold")
    return Thresholds(
        policy_version=policy.digest,
        operating_point=policy.operating_point,
        comparison=nearest.threshold(policy.operating_point),
        quality=policy.minimum_quality,
        record=fitting.id if fitting else None,
        allow_simulated=sandbox,
    )


def judge(capture: Capture, sealed: bytes | None) -> Judgement:
    """Return the judgement on a submitted capture by its sealed sample, which None says is gone.

    Whatever goes wrong refuses, and never raises (S6.2-02).
    """
    try:
        return _judge(capture, sealed)
    except StageError as problem:
        return _refused(capture, problem.reason, problem.detail)
    except CannotUnseal as problem:
        return _refused(capture, Reason.FOREIGN, str(problem))
    except Exception as problem:  # noqa: BLE001 - an unknown fault must refuse, not hang the person
        log.error("capture %s: %s in the pipeline", capture.id, type(problem).__name__)
        return _refused(capture, Reason.INTERNAL, type(problem).__name__)


def _refused(capture: Capture, reason: Reason, detail: str) -> Judgement:
    log.info("capture %s refused: %s (%s)", capture.id, reason, detail)
    return Judgement(DecisionResult("refused", reason))


def _judge(capture: Capture, sealed: bytes | None) -> Judgement:
    if sealed is None:
        raise StageError(Reason.INTERNAL, detail="the sample is gone")
    transaction = capture.transaction
    sample = unseal_sample(sealed, capture=capture)
    if transaction.kind == Transaction.Kind.BIND:
        return _bind(capture, sample)
    engine = load_engine()
    allowed = capture.tenant.is_sandbox and settings.SIMULATOR_ENABLED
    thresholds = thresholds_for(engine.engine_id, sandbox=allowed)
    context, part_key = _context(capture), os.urandom(32)
    if transaction.kind == Transaction.Kind.ENROL:
        outcome = pipeline.enrol(
            sample, context=context, thresholds=thresholds, engine=engine, part_key=part_key
        )
    else:
        outcome = pipeline.verify(
            sample,
            context=context,
            thresholds=thresholds,
            engine=engine,
            part_key=part_key,
            open_reference=lambda manifest: _open_reference(transaction, manifest),
        )
    log.info("capture %s: %s %s", capture.id, outcome.decision.outcome, outcome.detail)
    return _judgement(capture, outcome, thresholds, engine.engine_id)


def _context(capture: Capture) -> CaptureContext:
    return CaptureContext(
        transaction_id=capture.transaction_id,
        number=capture.number,
        challenge=Challenge.from_json(capture.challenge),
        session_key=capture.transaction.session_key or {},
    )


def _judgement(capture: Capture, outcome: Outcome, thresholds: Thresholds, engine_id: str) -> Judgement:
    if outcome.decision.outcome != "accepted" or outcome.manifest is None:
        return Judgement(outcome.decision)
    face = FaceProof(
        capture=capture.id,
        pad="accepted",
        iad="accepted",
        engine=engine_id,
        record=thresholds.record,
        policy=thresholds.policy_version,
        operating_point=thresholds.operating_point,
        model=vault.MODEL,
        share_kind=outcome.manifest.share_kind,
    )
    manifest, template = outcome.manifest, outcome.template
    if template is None:
        return Judgement(outcome.decision, face)
    quality = round(outcome.quality)
    return Judgement(outcome.decision, face, lambda: _store(capture, manifest, template, engine_id, quality))


def _open_reference(transaction: Transaction, manifest: Manifest) -> Template:
    subject, device = transaction.subject, transaction.device
    if subject is None or device is None or not subject.has_face:
        raise StageError(Reason.REFERENCE, detail="no subject with a reference")
    if manifest.share_kind != device.share_kind:
        raise StageError(Reason.REFERENCE, detail="the share is of another kind than the device's")
    try:
        opened = vault.open_reference(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=manifest.share or b"",
        )
    except vault.CannotOpenReference as problem:
        record(
            Tag.REFERENCE_ALARM,
            transaction=transaction.id,
            subject=str(subject.id),
            reason=str(Reason.REFERENCE),
            detail=str(problem),
        )
        raise StageError(Reason.REFERENCE, detail=str(problem)) from None
    return decode_template(opened.template)


def _store(
    capture: Capture, manifest: Manifest, template: bytes, engine_id: str, quality: int
) -> NewReference:
    """Create the reference of an enrolment and return what the verdict says of it."""
    transaction = capture.transaction
    subject, device = transaction.subject, transaction.device
    consent = live_consent(subject) if subject else None
    if subject is None or device is None or consent is None:
        raise StageError(Reason.REFERENCE, detail="no subject, device or consent")
    row = vault.create_reference(
        template=template,
        engine=engine_id,
        quality=quality,
        consent=consent.id,
        device=device.id,
        device_share=manifest.share or b"",
        share_kind=manifest.share_kind or "",
        replaces=subject.reference,
        version=subject.reference_version + 1,
    )
    return NewReference(row.pseudonym, row.version, manifest.share_kind or "")


def _bind(capture: Capture, sample: bytes) -> Judgement:
    """Let the passkey that was just made open the reference, by way of the first one's share."""
    context = _context(capture)
    manifest, _ = read_sample(
        sample,
        transaction_id=context.transaction_id,
        challenge=context.challenge,
        session_key=context.session_key,
    )
    transaction = capture.transaction
    new = bound_device(transaction)
    subject, device = transaction.subject, transaction.device
    if new is None or subject is None or device is None or new.subject_id != subject.pk:
        raise StageError(Reason.REFERENCE, detail="no new device of this person")
    if manifest.new_device != new.credential_id or manifest.share_kind != device.share_kind:
        raise StageError(Reason.FOREIGN, detail="sealed for another device")

    def store() -> None:
        vault.wrap_for_device(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=manifest.share or b"",
            new_device=new.id,
            new_share=manifest.new_share or b"",
            new_share_kind=manifest.new_share_kind or "",
        )
        Device.objects.filter(pk=new.pk).update(share_kind=manifest.new_share_kind or "")

    return Judgement(DecisionResult("accepted"), None, store)
