"""The independent sweeper: every life limit holds by the clock, whether or not anything went well (S7-04)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.keys.samples import still_held
from authsvc.tenancy.each import in_each_tenant, of_each_tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.capturing import expire_capture
from authsvc.transactions.lifecycle import end
from authsvc.transactions.models import Capture, SealedSample, Transaction
from authsvc.transactions.samples import reclaim_space

SAMPLE_LIFE = timedelta(minutes=5)
_BATCH = 500


def sweep() -> dict[str, int]:
    """Refuse overdue captures, expire overdue transactions, erase old samples; return how many of each."""
    return {
        "captures": _sweep_captures(),
        "transactions": _sweep_transactions(),
        "samples": _sweep_samples(),
    }


def waiting_captures(older_than: timedelta) -> list[tuple[str, str]]:
    """Return (tenant id, capture id) of samples that still wait for a verdict after that time.

    Their message may have been lost with a killed worker; handing them out again is harmless.
    """
    moment = now()

    def waiting() -> QuerySet[Capture, tuple[UUID, str]]:
        return _submitted(submitted_at__lte=moment - older_than, deadline__gt=moment)

    return [(str(tenant), capture) for tenant, capture in of_each_tenant(waiting, having="captures")]


def orphaned_captures() -> list[tuple[str, str]]:
    """Return (tenant id, capture id) of samples that wait for a worker which is gone."""
    held, moment = still_held(), now()

    def orphaned() -> QuerySet[Capture, tuple[UUID, str]]:
        return _submitted(~Q(judge__in=held), deadline__gt=moment, offered_to__isnull=False)

    return [(str(tenant), capture) for tenant, capture in of_each_tenant(orphaned, having="captures")]


def _submitted(*conditions: Q, **more: Any) -> QuerySet[Capture, tuple[UUID, str]]:
    rows = Capture.objects.filter(*conditions, state=Capture.State.SUBMITTED, **more)
    return rows.values_list("tenant_id", "id")[:_BATCH]


def _sweep_captures() -> int:
    count = 0
    overdue = of_each_tenant(lambda: _submitted(deadline__lte=now()), having="captures")
    for tenant_id, capture_id in overdue:
        with tenant_scope(tenant_id):
            expire_capture(capture_id)
        count += 1
    return count


def _sweep_transactions() -> int:
    count = 0
    for row in of_each_tenant(_overdue, having="transactions"):
        with tenant_scope(row.tenant_id):
            end(row, Transaction.State.EXPIRED, Tag.TRANSACTION_EXPIRED)
        count += 1
    return count


def _overdue() -> QuerySet[Transaction]:
    running = Transaction.objects.exclude(state__in=Transaction.ENDED)
    return running.filter(expires_at__lte=now()).order_by("expires_at")[:_BATCH]


def _sweep_samples() -> int:
    counts: list[int] = []

    def erase_old_samples() -> None:
        counts.append(SealedSample.objects.filter(received_at__lte=now() - SAMPLE_LIFE).delete()[0])

    in_each_tenant(erase_old_samples, having="samples")
    reclaim_space()
    return sum(counts)
