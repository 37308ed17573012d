"""How a reference drifts from its person, as they meet it: how often they were recognised of late (S5.2-05).

No score leaves a worker (S7-02), so what is counted is how comparisons ended.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import IntegerField, OuterRef, Q, Subquery

from authsvc.subjects.models import Subject
from authsvc.transactions.drawing import COMPARING
from authsvc.transactions.models import Capture

LATEST: Final = 20
"""So many comparisons are looked at: older ones say little of how the person looks now."""

NON_MATCH: Final = "non-match"


@dataclass(frozen=True)
class Recognised:
    """Of the latest comparisons with a person's reference, how many matched."""

    matched: int
    compared: int


class _Compared(Subquery):
    """How many comparisons a query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) latest)"


class _Matched(Subquery):
    """How many of them matched."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) latest WHERE latest.state = 'accepted')"


def recognised(subject: Subject, *, since: datetime | OuterRef) -> dict[str, Subquery]:
    """Return the columns of Recognised, for a statement that reads what the comparisons were with.

    They say how the person's latest comparisons ended, of those since a moment that are still kept.
    """
    judged = Q(state=Capture.State.ACCEPTED) | Q(state=Capture.State.REFUSED, reason=NON_MATCH)
    own = Capture.objects.filter(judged, transaction__subject=subject, transaction__kind__in=COMPARING)
    latest = own.filter(decided_at__gt=since).order_by("-decided_at").values("state")[:LATEST]
    number = IntegerField()
    return {
        "matched": _Matched(latest, output_field=number),
        "compared": _Compared(latest, output_field=number),
    }
