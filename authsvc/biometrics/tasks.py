"""The Celery tasks: load, judge, sign, wipe. Messages carry ids, never biometric data (S9.4-07)."""

import logging
from time import perf_counter
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init
from django.db import transaction as database

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics import presence
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.judging import judge
from authsvc.biometrics.types import DecisionResult, Reason
from authsvc.biometrics.worker import prepare_worker
from authsvc.core.errors import Refused
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Capture
from authsvc.transactions.services import read_sealed, record_verdict
from authsvc.transactions.verdict import sign_verdict
from authsvc.vault.opening import CannotOpenReference

log = logging.getLogger(__name__)
presence.announce()


@shared_task(ignore_result=True)
def verify_capture(tenant_id: str, capture_id: str) -> None:
    """Judge one sample and record the signed verdict; doing it twice changes nothing (S6.4-04)."""
    with tenant_scope(UUID(tenant_id)):
        capture = (
            Capture.objects.select_related("transaction__subject", "transaction__device", "tenant")
            .filter(pk=capture_id, state=Capture.State.SUBMITTED)
            .first()
        )
        if capture is None:
            log.info("capture %s is decided already", capture_id)
            return
        sealed = read_sealed(capture.id)
        started = perf_counter()
        judgement = judge(capture, sealed)
        log.info("capture %s judged in %.1f ms", capture.id, (perf_counter() - started) * 1000)
        _conclude(capture, judgement)


def _conclude(capture: Capture, judgement: Judgement) -> None:
    """Store what an enrolment or a binding makes together with the verdict, or refuse what cannot be kept."""
    try:
        _keep(capture, judgement)
    except CannotOpenReference as problem:
        log.error("capture %s: nothing is kept: %s", capture.id, problem)
        _keep(capture, Judgement(DecisionResult("refused", Reason.REFERENCE)))


def _keep(capture: Capture, judgement: Judgement) -> None:
    """Store all of it or nothing.

    A verdict that is not believed changes nothing, and the log says so all the same (T26).
    """
    try:
        with database.atomic():
            made = judgement.store() if judgement.store is not None else None
            signed = sign_verdict(judgement.verdict(capture, made))
            if not record_verdict(capture.id, signed, findings=judgement.findings):
                database.set_rollback(True)
                log.info("capture %s was decided while it was judged", capture.id)
    except Refused as refused:
        if refused.tag:
            _note_refusal(capture, refused)
        raise


def _note_refusal(capture: Capture, refused: Refused) -> None:
    record(
        Tag(refused.tag),
        transaction=capture.transaction_id,
        subject=str(capture.transaction.subject_id or ""),
        reason=refused.code,
        capture=capture.id,
        detail=refused.detail,
    )


@worker_init.connect
def _load_models(**_: object) -> None:
    try:
        prepare_worker()
    except ModelProblem as problem:
        # Celery only logs what a signal's receiver raises, and would take samples that nobody can judge.
        raise SystemExit(f"The worker does not start: {problem}") from None
