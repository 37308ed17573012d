"""The Celery tasks: load, judge, sign, wipe. Messages carry ids, never biometric data (S9.4-07)."""

import gc
import logging
from dataclasses import replace
from time import perf_counter
from typing import Final
from uuid import UUID

from celery import current_task, shared_task
from celery.signals import task_postrun, worker_init
from django.db import transaction as database
from structlog.contextvars import bind_contextvars, unbind_contextvars

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics import presence
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.pages import give_back
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.judging import judge
from authsvc.biometrics.turns import TURNS
from authsvc.biometrics.types import DecisionResult, Reason
from authsvc.biometrics.worker import prepare_worker
from authsvc.core.components import OF_A_WORKER
from authsvc.core.errors import Refused
from authsvc.core.installation import own, region_of
from authsvc.policy.services import pinned_region
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Capture
from authsvc.transactions.services import leave_to_others, read_sealed, record_verdict
from authsvc.transactions.verdict import sign_verdict
from authsvc.vault.opening import CannotOpenReference, KeptElsewhere

log = logging.getLogger(__name__)
A_MESSAGE: Final = 10
"""So many samples a worker judges for one message, where so many wait."""
presence.announce()


@shared_task(ignore_result=True)
def verify_capture(tenant_id: str, capture_id: str) -> None:
    """Judge the sample whose turn it is, and record the signed verdict.

    The message names one; where others wait for this worker, the tenants take turns, whatever came first
    (docs/adr/0430). It goes on with what else waits, so that a lost message delays nobody who comes later.
    Doing it twice changes nothing (S6.4-04).
    """
    anew = _came_back()
    for _ in range(A_MESSAGE):
        turn = TURNS.begin(UUID(tenant_id), capture_id, anew=anew)
        if turn is None:
            log.info("capture %s is decided already, or in other hands", capture_id)
            return
        if turn[1] != capture_id:
            unbind_contextvars("request")  # it is not the one that brought this sample
        if not _verify(*turn):
            return
        anew = False


@task_postrun.connect(sender=verify_capture)
def _give_memory_back(**_: object) -> None:
    """Keep no room of a burst's pictures while nothing is to be judged; the verdict is out by now."""
    give_back()


def _came_back() -> bool:
    """Whether the broker hands a message out for the second time, as who took it first has died."""
    request = getattr(current_task, "request", None)
    return bool((getattr(request, "delivery_info", None) or {}).get("redelivered"))


def _verify(tenant_id: UUID, capture_id: str) -> bool:
    """Judge a sample that this worker has begun with; False where it may not open it, and leaves it."""
    with tenant_scope(tenant_id):
        capture = (
            Capture.objects.select_related("transaction__subject", "transaction__device", "tenant")
            .filter(pk=capture_id, state=Capture.State.SUBMITTED)
            .first()
        )
        if capture is None:
            log.info("capture %s is decided already", capture_id)
            return True
        bind_contextvars(transaction=capture.transaction_id)  # in the lines of the log
        if _is_elsewhere(capture):
            leave_to_others(capture_id)
            return False
        sealed = read_sealed(capture.id)
        started = perf_counter()
        judgement = judge(capture, sealed)
        log.info("capture %s judged in %.1f ms", capture.id, (perf_counter() - started) * 1000)
        _conclude(capture, judgement)
    return True


def _is_elsewhere(capture: Capture) -> bool:
    """Whether the organisation's faces are processed in another region; then nothing is opened here (S10-12).

    The sample stays where it is, for a worker that is there.
    """
    pinned, here = pinned_region(), region_of("worker")
    if pinned in ("", here):
        return False
    _note_elsewhere(capture, f"a worker of {here or 'no named region'} got a task of {pinned}")
    return True


def _note_elsewhere(capture: Capture, detail: str) -> None:
    log.error("capture %s: %s", capture.id, detail)
    record(
        Tag.REGION_REFUSED,
        transaction=capture.transaction_id,
        subject=str(capture.transaction.subject_id or ""),
        reason="region-elsewhere",
        capture=capture.id,
        detail=detail,
    )


def _conclude(capture: Capture, judgement: Judgement) -> None:
    """Store what an enrolment or a binding makes together with the verdict, or refuse what cannot be kept."""
    try:
        _keep(capture, judgement)
    except CannotOpenReference as problem:
        log.error("capture %s: nothing is kept: %s", capture.id, problem)
        if isinstance(problem, KeptElsewhere):
            _note_elsewhere(capture, str(problem))
        _keep(capture, Judgement(DecisionResult("refused", Reason.REFERENCE)))


def _keep(capture: Capture, judgement: Judgement) -> None:
    """Store all of it or nothing.

    A verdict that is not believed changes nothing, and the log says so all the same (T26).
    """
    try:
        with database.atomic():
            made = judgement.store() if judgement.store is not None else None
            signed = sign_verdict(judgement.verdict(capture, made))
            findings = replace(judgement.findings, components=own(*OF_A_WORKER))
            if not record_verdict(capture.id, signed, findings=findings):
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
    # It stays as long as the worker: a collection would write to each page, and so copy it in each child.
    gc.collect()
    gc.freeze()
