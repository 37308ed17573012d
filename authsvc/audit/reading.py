"""Reading events for people: with the numbers that they have in their tenant's log, and by ranges of time."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, OuterRef, QuerySet, Subquery

from authsvc.audit.models import AuditEvent, Position

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
        begun = AuditEvent.objects.filter(at__gte=first - APART).order_by("at")
        events = events.filter(at__gte=first, sequence__gte=Subquery(begun.values("sequence")[:1]))
    if behind is not None:
        ended = AuditEvent.objects.filter(at__lt=behind + APART).order_by("-at")
        events = events.filter(at__lt=behind, sequence__lte=Subquery(ended.values("sequence")[:1]))
    return events
