"""Handing a capture to the workers: by the task's name, so that the web tier loads no face model."""

from uuid import UUID

from celery import current_app
from kombu.entity import Queue

from authsvc.keys.samples import queue_of, worker_of
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Capture

VERIFY = "authsvc.biometrics.tasks.verify_capture"


def enqueue_verification(*, tenant_id: str, capture_id: str) -> None:
    """Queue the verification of a capture for the worker that opens it, or any where none is named.

    The message holds the two ids and nothing else (S9.4-07). One try: where the broker is down nobody waits
    for it, and the sweeper hands the capture out later.
    """
    with tenant_scope(UUID(tenant_id)):
        judge = Capture.objects.filter(pk=capture_id).values_list("judge", flat=True).first()
    where = {"queue": Queue(queue_of(worker_of(judge)))} if judge else {}  # type: ignore[no-untyped-call]
    current_app.send_task(VERIFY, args=[tenant_id, capture_id], ignore_result=True, retry=False, **where)
