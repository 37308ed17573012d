"""Handing a capture to the workers: by the task's name, so that the web tier loads no face model."""

import logging
from uuid import UUID

from celery import current_app
from kombu.entity import Queue
from kombu.exceptions import ChannelError

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.keys.samples import queue_of, region_of_key, region_queue, worker_of
from authsvc.policy.services import pinned_region
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Capture

log = logging.getLogger(__name__)

VERIFY = "authsvc.biometrics.tasks.verify_capture"


def enqueue_verification(*, tenant_id: str, capture_id: str, capture: Capture | None = None) -> None:
    """Queue the verification of a capture for the worker that opens it, or any where none is named.

    `capture` is that one, where it has just been read or stored.

    Where the organisation pinned a region, it goes to nobody else: what would go elsewhere is not sent, and
    the auditor hears of it (S10-12). The message holds the two ids and nothing else (S9.4-07). One try: where
    the broker is down nobody waits for it, and the sweeper hands the capture out later.
    """
    with tenant_scope(UUID(tenant_id)):
        if capture is None:
            capture = Capture.objects.filter(pk=capture_id).first()
        pinned = pinned_region()
        if capture is not None and pinned and _is_elsewhere(capture, pinned):
            return
    queue = _queue(capture.judge if capture is not None else "", pinned)
    where = {"queue": Queue(queue)} if queue else {}  # type: ignore[no-untyped-call]
    current_app.send_task(VERIFY, args=[tenant_id, capture_id], ignore_result=True, retry=False, **where)


def queue_for(*, tenant_id: str, capture_id: str) -> str:
    """Return the name of the queue that the message of a capture goes to, "" for the one of all workers."""
    with tenant_scope(UUID(tenant_id)):
        judge = Capture.objects.filter(pk=capture_id).values_list("judge", flat=True).first()
        pinned = pinned_region()
    return _queue(judge or "", pinned)


def _queue(judge: str, pinned: str) -> str:
    if judge:
        return queue_of(worker_of(judge))
    return region_queue(pinned) if pinned else ""


def messages_in(queue: str) -> int:
    """Return how many messages a queue holds that no worker has taken; "" is the one of all workers."""
    with current_app.connection_for_read() as broker:
        try:
            found = broker.default_channel.queue_declare(
                queue or current_app.conf.task_default_queue, passive=True
            )
        except ChannelError:  # Redis knows no empty queue
            return 0
    return int(found.message_count)


def _is_elsewhere(capture: Capture, pinned: str) -> bool:
    """Whether the worker that is to open a capture is of another region; the auditor hears of it.

    The person is asked again (transactions/capturing.py): for the tenant that worker is as one that is gone.
    """
    region = region_of_key(capture.judge) if capture.judge else None
    if region in (None, pinned):
        return False
    detail = f"a task of {pinned} was to go to a worker of {region or 'no named region'}"
    log.error("capture %s: %s", capture.pk, detail)
    record(
        Tag.REGION_REFUSED,
        transaction=capture.transaction_id,
        reason="region-elsewhere",
        capture=capture.pk,
        detail=detail,
    )
    return True
