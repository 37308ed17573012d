"""Reading events for people: with the numbers that they have in their tenant's log, and by ranges of time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Subquery, When

from authsvc.audit.models import AuditEvent, Position
from authsvc.audit.sql import Query, counts

APART: Final = timedelta(minutes=1)
"""By so much at most an event's time differs from those of the events that were stored beside it."""


def numbered(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Return events with the numbers that they have in the log, from 1 on; None for what is not in it yet."""
    places = Position.objects.filter(event=OuterRef("sequence")).values_list(F("position") + 1)
    return events.annotate(place=Subquery(places))


def between(
    events: QuerySet[AuditEvent], first: datetime | None, behind: datetime | None
) -> QuerySet[AuditEvent]:
    """Return the events from one moment on and before another; None is no end.

    Indexes have events by what they are about in the order in which they were stored, and time besides: what
    was stored before or after all of a stretch is left out by that order (docs/adr/0436).
    """
    if first is not None:
        events = events.filter(at__gte=first, sequence__gte=_begun(first))
    if behind is not None:
        events = events.filter(at__lt=behind, sequence__lte=_ended(behind))
    return events


def counted(
    all_of_them: QuerySet[AuditEvent, Any],
    events: QuerySet[AuditEvent],
    stretches: Sequence[tuple[datetime, datetime]],
    *,
    most: int,
) -> list[int]:
    """Return how many some rows are, and how many events each stretch of time has, so many of each at most.

    It is one statement. What is asked of a stretch is put into SQL once, for moments that nothing happened
    at, and then said of each: of two weeks that took a third of a page's time.
    """
    of_one = _query(_newest_within(events, *_STANDING).values("tenant")[:most])
    return counts([_query(all_of_them), *(_said_of(of_one, stretch) for stretch in stretches)])


_STANDING: Final = (datetime(2, 1, 1, tzinfo=UTC), datetime(3, 1, 1, tzinfo=UTC))
"""In the place of a stretch of time."""


def _newest_within(events: QuerySet[AuditEvent], first: datetime, behind: datetime) -> QuerySet[AuditEvent]:
    """Return the events of a stretch, the newest first: who counts some reads these alone.

    The time, which decides, is asked for in a way that PostgreSQL makes no guess of. It takes time and number
    for two things, expects few events to have both, and would read all of the stretch to find the first of
    them (docs/adr/0530).
    """
    inside = Case(When(at__gte=first, at__lt=behind, then=1), default=0, output_field=IntegerField())
    found = events.filter(sequence__gte=_begun(first), sequence__lte=_ended(behind)).alias(inside=inside)
    return found.exclude(inside=0).order_by("-sequence")


def _begun(first: datetime) -> Subquery:
    begun = AuditEvent.objects.filter(at__gte=first - APART).order_by("at")
    return Subquery(begun.values("sequence")[:1])


def _ended(behind: datetime) -> Subquery:
    ended = AuditEvent.objects.filter(at__lt=behind + APART).order_by("-at")
    return Subquery(ended.values("sequence")[:1])


def _query(rows: QuerySet[AuditEvent, Any]) -> Query | None:
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return None


def _said_of(query: Query | None, stretch: tuple[datetime, datetime]) -> Query | None:
    if query is None:
        return None
    statement, values = query
    meant = dict(zip(_moments(*_STANDING), _moments(*stretch), strict=True))
    return statement, [meant.get(value, value) for value in values]


def _moments(first: datetime, behind: datetime) -> list[Any]:
    adapted = connection.ops.adapt_datetimefield_value
    return [adapted(each) for each in (first, first - APART, behind, behind + APART)]
