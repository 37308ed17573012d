"""The independent sweeper: every life limit holds by the clock, whether or not anything went well (S7-04).

What lies further ahead than anything that is written was written before a clock was set back: nobody can say
how old it is, and it is over.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.retention import CLOCK_SET_BACK
from authsvc.keys.samples import still_held
from authsvc.tenancy.each import in_each_tenant, of_each_tenant
from authsvc.tenancy.open_work import BEGUN_ANEW, SAMPLE, Due
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sweeping import due_now
from authsvc.transactions.capturing import VERDICT_WITHIN, expire_capture
from authsvc.transactions.lifecycle import LIFE, end
from authsvc.transactions.models import Capture, Outgoing, SealedSample, Transaction
from authsvc.transactions.outgoing import LIFE as OUTGOING_LIFE
from authsvc.transactions.sql import reclaim_space

_BATCH = 500
Tenants = Iterable[UUID]


def sweep(due: Mapping[Due, Sequence[UUID]] | None = None) -> dict[str, int]:
    """Refuse overdue captures, expire overdue transactions, erase old samples; return how many of each.

    `due` are the tenants that have some, where that is known. What an agent has not fetched in time is
    erased; where it was to keep it, its transaction is over: nobody could open what it made.
    """
    due = due_now(now()) if due is None else due
    return {
        "captures": _sweep_captures(due["captures"]),
        "outgoing": _sweep_outgoing(due["outgoing"]),
        "transactions": _sweep_transactions(due["transactions"]),
        "samples": _sweep_samples(due["samples"]),
    }


def lost_captures(older_than: timedelta, *, among: Tenants | None = None) -> list[tuple[str, str]]:
    """Return (tenant id, capture id) of samples that waited so long, though nobody judges them.

    Their message may have been lost, or whoever took it died. Each is named until it was sent again once.
    """
    moment = now()
    nobody = Q(begun_at=None, submitted_at__lte=moment - older_than) | Q(begun_at__lte=moment - BEGUN_ANEW)

    def lost() -> QuerySet[Capture, tuple[UUID, str]]:
        return _submitted(nobody, deadline__gt=moment, sent_again_at=None)

    return _named(lost, among)


def note_sent_again(capture_id: str) -> bool:
    """Note that a sample's message is sent again; False where it was before."""
    return bool(Capture.objects.filter(pk=capture_id, sent_again_at=None).update(sent_again_at=now()))


def orphaned_captures(*, among: Tenants | None = None) -> list[tuple[str, str]]:
    """Return (tenant id, capture id) of samples that wait for a worker which is gone."""
    held, moment = still_held(), now()

    def orphaned() -> QuerySet[Capture, tuple[UUID, str]]:
        return _submitted(~Q(judge__in=held), deadline__gt=moment, offered_to__isnull=False)

    return _named(orphaned, among)


def _named(rows: Callable[[], Iterable[tuple[UUID, str]]], among: Tenants | None) -> list[tuple[str, str]]:
    found = of_each_tenant(rows, having="captures", among=among)
    return [(str(tenant), capture) for tenant, capture in found]


def _submitted(*conditions: Q, **more: Any) -> QuerySet[Capture, tuple[UUID, str]]:
    rows = Capture.objects.filter(*conditions, state=Capture.State.SUBMITTED, **more)
    return rows.values_list("tenant_id", "id")[:_BATCH]


def _over(column: str, moment: datetime, *, longest: timedelta) -> Q:
    """Return what is true of a row whose time is over, or that no clock could have written by now."""
    ahead = moment + longest + CLOCK_SET_BACK
    return Q(**{f"{column}__lte": moment}) | Q(**{f"{column}__gt": ahead})


def _sweep_captures(tenants: Tenants) -> int:
    count = 0
    over = _over("deadline", now(), longest=VERDICT_WITHIN)
    for tenant_id, capture_id in of_each_tenant(lambda: _submitted(over), among=tenants):
        with tenant_scope(tenant_id):
            expire_capture(capture_id)
        count += 1
    return count


def _sweep_outgoing(tenants: Sequence[UUID]) -> int:
    count = 0
    for tenant_id, transaction_id in of_each_tenant(_unfetched, among=tenants):
        with tenant_scope(tenant_id):
            row = Transaction.objects.unchecked().get(pk=transaction_id)
            count += end(row, Transaction.State.EXPIRED, Tag.TRANSACTION_EXPIRED)
    in_each_tenant(_erase_unfetched, among=tenants)
    return count


def _unfetched() -> QuerySet[Outgoing, tuple[UUID, str]]:
    overdue = Outgoing.objects.filter(
        _over("expires_at", now(), longest=OUTGOING_LIFE), capture__transaction__kind__in=Transaction.LEAVING
    )
    return overdue.values_list("tenant_id", "capture__transaction_id")[:_BATCH]


def _erase_unfetched() -> None:
    Outgoing.objects.filter(_over("expires_at", now(), longest=OUTGOING_LIFE)).delete()


def _sweep_transactions(tenants: Tenants) -> int:
    count = 0
    for row in of_each_tenant(_overdue, among=tenants):
        with tenant_scope(row.tenant_id):
            end(row, Transaction.State.EXPIRED, Tag.TRANSACTION_EXPIRED)
        count += 1
    return count


def _overdue() -> QuerySet[Transaction]:
    """Return what is to end, whether anybody believes it or not: a life limit asks for no seal."""
    running = Transaction.objects.unchecked().exclude(state__in=Transaction.ENDED).defer("request")
    return running.filter(_over("expires_at", now(), longest=LIFE)).order_by("expires_at")[:_BATCH]


def _sweep_samples(tenants: Tenants) -> int:
    counts: list[int] = []

    def erase_old_samples() -> None:
        moment = now()
        old = Q(received_at__lte=moment - SAMPLE) | Q(received_at__gt=moment + CLOCK_SET_BACK)
        counts.append(SealedSample.objects.filter(old).delete()[0])

    in_each_tenant(erase_old_samples, among=tenants)
    reclaim_space()
    return sum(counts)
