"""The sweeper's most frequent work: life limits, and samples whose message or worker was lost.

It runs in the sweeper's process (config/management/commands/sweeper.py), whatever becomes of scheduler,
broker and workers.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from kombu.exceptions import KombuError

from authsvc.capture.queueing import enqueue_verification, messages_in, queue_for
from authsvc.core.clock import now
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sweeping import due_now
from authsvc.transactions.services import (
    hand_over,
    lost_captures,
    note_sent_again,
    orphaned_captures,
    sweep,
)

log = logging.getLogger(__name__)
LOST_AFTER: Final = timedelta(seconds=20)
"""A message that waits for longer may be lost with a killed worker, or with a broker that forgot."""
_TROUBLE: Final = (KombuError, OSError)


def sweep_overdue() -> None:
    """Hold every life limit (S7-04), and hand out samples again whose message or worker was lost.

    One statement tells what is due in all tenants; where nothing is, that was all (O11).
    """
    due = due_now(now())
    sweep(due)
    busy = due["captures"]
    if busy:
        _hand_over_orphans(busy)
        _send_lost_again(busy)


def _hand_over_orphans(busy: Iterable[UUID]) -> None:
    for tenant_id, capture_id in orphaned_captures(among=busy):
        with tenant_scope(UUID(tenant_id)):
            handed_over = hand_over(capture_id)
        if handed_over:
            _tried(tenant_id, capture_id)


def _send_lost_again(busy: Iterable[UUID]) -> None:
    """Send the messages of lost samples again, once each, where their queue is empty.

    A queue with messages in it loses nobody: each of them lets a worker take whichever sample has its turn.
    """
    by_queue: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for tenant_id, capture_id in lost_captures(LOST_AFTER, among=busy):
        by_queue[queue_for(tenant_id=tenant_id, capture_id=capture_id)].append((tenant_id, capture_id))
    for queue, lost in by_queue.items():
        try:
            waits = messages_in(queue)
        except _TROUBLE as problem:
            log.warning("the queue %s cannot be looked at: %s", queue, type(problem).__name__)
            continue
        if not waits:
            for tenant_id, capture_id in lost:
                _send_again(tenant_id, capture_id)


def _send_again(tenant_id: str, capture_id: str) -> None:
    with tenant_scope(UUID(tenant_id)):
        first = note_sent_again(capture_id)
    if first:
        _tried(tenant_id, capture_id)


def _tried(tenant_id: str, capture_id: str) -> None:
    try:
        enqueue_verification(tenant_id=tenant_id, capture_id=capture_id)
    except _TROUBLE as problem:
        log.warning("capture %s cannot be sent again: %s", capture_id, type(problem).__name__)
