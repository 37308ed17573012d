"""What goes from the log: old events, by the sweeper, and what events say of one person, by a command.

Either is announced in the log first, and done when that is in it: so a verification knows it from an attack.
Leaves' hashes, tiles and checkpoints stay, and with them every receipt and every proof of growth.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from time import sleep
from typing import Final

from django.db.models import Min, Q

from authsvc.audit import sql
from authsvc.audit.models import AuditEvent, Position, Segment
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.tree import WIDTH
from authsvc.audit.verification import older_than, pruned
from authsvc.core.clock import now
from authsvc.tenancy.each import in_each_tenant
from authsvc.tenancy.scope import current_tenant_id

KEPT: Final = timedelta(days=400)
"""Thirteen months and some days: the trigger counts months, and lets nothing younger go."""
ANNOUNCED: Final = timedelta(hours=20)
"""So long an announcement stands before it is carried out: the next day's run does it, and no run before."""
_AT_ONCE: Final = 1000
_DELETED_AT_ONCE: Final = 40 * WIDTH
_TRIES: Final = 15


def _some(events: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (events[begin : begin + _AT_ONCE] for begin in range(0, len(events), _AT_ONCE))


class NotInTime(Exception):
    """The announcement did not come into the log: scheduled work does not run."""


def prune() -> tuple[int, int]:
    """Delete what was announced, and announce what is due; return how many events of each.

    Whole bundles go, so that up to 255 old events stay until there are 256. Raises LogBroken where the log is
    not whole: of such a one nothing is deleted.
    """
    old = older_than(now() - KEPT)
    announced = pruned()
    deleted = _delete(below=pruned(until=now() - ANNOUNCED))
    due = old - old % WIDTH
    if due > announced:
        record(Tag.LOG_PRUNED, below=due)
    return deleted, max(due - announced, 0)


def prune_daily() -> None:
    """Prune the log of every tenant that has old events: the sweeper's work, once a day."""
    in_each_tenant(prune, having="old log")


def _delete(*, below: int) -> int:
    """Delete events below a position, some bundles at a time; return how many."""
    count = 0
    lowest = Segment.objects.aggregate(lowest=Min("first"))["lowest"] or 0
    for begin in range(lowest - lowest % WIDTH, below, _DELETED_AT_ONCE):
        count += sql.delete_below(current_tenant_id(), min(begin + _DELETED_AT_ONCE, below))
    return count


def erase(*, subject: str = "", actor: str = "", wait: Callable[[float], None] = sleep) -> int:
    """Take out what events say of a person, or of an administrator, with the salts; return how many had some.

    Of a person these are the events about them and all of their attempts. Raises NotInTime.
    """
    events = list(_about(subject, actor))
    told = [record(Tag.PERSONAL_ERASED, events=list(some)).pk for some in _some(events)]
    for _ in range(_TRIES):
        if Position.objects.filter(event__in=told).count() == len(told):
            break
        wait(1.0)
    else:
        raise NotInTime("what is to be erased was announced, and is not in the log yet: run this again")
    _empty(events)
    return len(events)


def _about(subject: str, actor: str) -> Iterator[int]:
    wanted = Q(actor=actor) if actor else Q(subject=subject)
    attempts = AuditEvent.objects.filter(subject=subject).exclude(transaction="") if subject else None
    if attempts is not None:
        wanted |= Q(transaction__in=attempts.values("transaction"))
    rows = AuditEvent.objects.filter(wanted).order_by("sequence").values_list("pk", flat=True)
    placed = set(Position.objects.filter(event__in=rows).values_list("event", flat=True))
    # One that is not in the log yet is taken the next time.
    yield from (number for number in rows if number in placed)


def _empty(events: Sequence[int]) -> None:
    nothing = {"actor": "", "transaction": "", "subject": "", "details": {}, "previous": "", "digest": ""}
    for some in _some(events):
        AuditEvent.objects.filter(pk__in=some).update(**nothing, salt=None)
