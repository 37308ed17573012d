"""The outbox: what other rooms put in stands or falls with the transaction of what it tells of."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.delivery.kinds import Kind, Outcome, kind_names, kind_of
from authsvc.delivery.models import Delivery

# Of one relying party, and of all of them, so much is looked at in one go.
OF_ONE = 100
OF_ALL = 1000


def put(
    kind: Kind, *, client: RelyingParty, about: str, due_at: datetime | None = None, **content: Any
) -> Delivery:
    """Put a delivery into the outbox of the tenant in scope; it is due at once, or at a time to come."""
    moment = now()
    return Delivery.objects.create(
        client=client,
        kind=kind.name,
        about=about,
        content=content,
        created_at=moment,
        due_at=due_at or moment,
    )


def hasten(kind: Kind, *, about: str) -> None:
    """Let a delivery that waits for a time to come be due now."""
    _live().filter(kind=kind.name, about=about).update(due_at=now())


def due(*, besides: Collection[str] = ()) -> list[Delivery]:
    """Return what is due in the tenant in scope, but for relying parties whose key is in `besides`.

    What is the first of its relying party comes first, so that nobody's heap stands before the others.
    """
    place = Window(RowNumber(), partition_by=F("client_id"), order_by=("due_at", "created_at", "id"))
    rows = _live().filter(due_at__lte=now(), kind__in=kind_names()).exclude(client_id__in=besides)
    first = rows.annotate(place=place).filter(place__lte=OF_ONE).select_related("client__tenant")
    return list(first.order_by("place", "due_at")[:OF_ALL])


def take(delivery: Delivery) -> bool:
    """Begin a try; False where another process has begun it.

    Should this process be killed during the call, the next try comes all the same, when it is its time.
    """
    waits = kind_of(delivery).waits
    later = now() + waits[delivery.tries] if delivery.tries < len(waits) else None
    mine = _live().filter(pk=delivery.pk, tries=delivery.tries)
    if not mine.update(tries=delivery.tries + 1, due_at=later):
        return False
    delivery.tries, delivery.due_at = delivery.tries + 1, later
    return True


def note(delivery: Delivery, outcome: Outcome) -> None:
    """Note how a try ended, and tell the kind where it was the last; call in a transaction."""
    if outcome.arrived:
        delivery.delivered_at, delivery.due_at = now(), None
    elif outcome.status is not None and kind_of(delivery).hopeless(outcome.status):
        delivery.due_at = None
    delivery.problem = "" if outcome.arrived else outcome.said[:200]
    delivery.save(update_fields=["delivered_at", "due_at", "problem"])
    if delivery.due_at is None:
        kind_of(delivery).settled(delivery, outcome)


def drop(delivery: Delivery) -> None:
    """Let a delivery that has become needless be tried no more."""
    Delivery.objects.filter(pk=delivery.pk).update(due_at=None)


def _live() -> QuerySet[Delivery]:
    return Delivery.objects.filter(due_at__isnull=False)
