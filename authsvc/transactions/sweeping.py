"""The independent sweeper: every life limit holds by the clock, whether or not anything went well (S7-04)."""

from datetime import timedelta

from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.keys.samples import still_held
from authsvc.tenancy.scope import every_tenant_scope, tenant_scope
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
    with every_tenant_scope():
        moment = now()
        rows = Capture.objects.filter(
            state=Capture.State.SUBMITTED, submitted_at__lte=moment - older_than, deadline__gt=moment
        ).values_list("tenant_id", "id")[:_BATCH]
        return [(str(tenant), capture) for tenant, capture in rows]


def orphaned_captures() -> list[tuple[str, str]]:
    """Return (tenant id, capture id) of samples that wait for a worker which is gone."""
    held = still_held()
    with every_tenant_scope():
        waiting = Capture.objects.filter(state=Capture.State.SUBMITTED, deadline__gt=now())
        orphaned = waiting.filter(offered_to__isnull=False).exclude(judge__in=held)
        return [
            (str(tenant), capture) for tenant, capture in orphaned.values_list("tenant_id", "id")[:_BATCH]
        ]


def _sweep_captures() -> int:
    with every_tenant_scope():
        due = Capture.objects.filter(state=Capture.State.SUBMITTED, deadline__lte=now())
        found = list(due.values_list("tenant_id", "id")[:_BATCH])
    for tenant_id, capture_id in found:
        with tenant_scope(tenant_id):
            expire_capture(capture_id)
    return len(found)


def _sweep_transactions() -> int:
    with every_tenant_scope():
        running = Transaction.objects.exclude(state__in=Transaction.ENDED)
        due = list(running.filter(expires_at__lte=now()).order_by("expires_at")[:_BATCH])
    for row in due:
        with tenant_scope(row.tenant_id):
            end(row, Transaction.State.EXPIRED, Tag.TRANSACTION_EXPIRED)
    return len(due)


def _sweep_samples() -> int:
    with every_tenant_scope():
        count = SealedSample.objects.filter(received_at__lte=now() - SAMPLE_LIFE).delete()[0]
    reclaim_space()
    return count
