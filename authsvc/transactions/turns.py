"""Whose sample a worker judges next: tenants take turns, and within one its people (docs/adr/0430).

A message lets a worker take whichever sample has its turn, so that nobody waits behind a heap of somebody
else's, in whatever order the queue holds its messages.
"""

from collections import Counter
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from authsvc.core.clock import now
from authsvc.keys.samples import worker_of
from authsvc.tenancy import sql
from authsvc.tenancy.each import of_each_tenant
from authsvc.tenancy.open_work import BEGUN_ANEW, TURNS
from authsvc.transactions.models import Capture


def next_of_each_tenant(worker: str) -> list[tuple[UUID, str]]:
    """Return of each tenant with samples for this worker the one that is next, as (tenant, capture)."""
    if connection.vendor == "postgresql":
        return sql.next_samples(connection, TURNS, worker, now())
    return list(of_each_tenant(lambda: _next_of_this_tenant(worker)))


def begin_judging(capture_id: str, *, anew: bool = False) -> bool:
    """Take a sample that waits, in the scope of its tenant; False where it is decided, or another has it.

    `anew` takes it from whoever had it: its message came back, as that process died.
    """
    waits = Capture.objects.filter(pk=capture_id, state=Capture.State.SUBMITTED)
    return bool((waits if anew else waits.filter(_free())).update(begun_at=now()))


def leave_to_others(capture_id: str) -> None:
    """Give a sample back that this worker may not open: another one begins with it."""
    Capture.objects.filter(pk=capture_id, state=Capture.State.SUBMITTED).update(begun_at=None)


def _next_of_this_tenant(worker: str) -> list[tuple[UUID, str]]:
    """Return what the function of PostgreSQL answers, for a database without it."""
    seen: Counter[UUID | None] = Counter()
    waiting = []
    begun_anew = now() - BEGUN_ANEW
    for capture in _waiting().order_by("submitted_at"):
        if worker_of(capture.judge) == worker:
            subject = capture.transaction.subject_id
            if capture.begun_at is None or capture.begun_at <= begun_anew:
                waiting.append((seen[subject], capture.submitted_at, capture))
            seen[subject] += 1
    if not waiting:
        return []
    capture = min(waiting, key=lambda each: each[:2])[2]
    return [(capture.tenant_id, capture.pk)]


def _waiting() -> QuerySet[Capture]:
    rows = Capture.objects.filter(state=Capture.State.SUBMITTED, deadline__gt=now())
    return rows.select_related("transaction").only(
        "tenant_id", "judge", "submitted_at", "begun_at", "transaction__subject_id"
    )


def _free() -> Q:
    return Q(begun_at=None) | Q(begun_at__lte=now() - BEGUN_ANEW)
