"""Sign-ins of the last 24 hours against the usual, read by ranges of time alone.

What is read grows with a day's sign-ins and not with their history (docs/adr/0482).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import TruncHour

from authsvc.clients.models import RelyingParty
from authsvc.core.remembered import Remembered
from authsvc.management.attempts.outcome import ended, with_outcome
from authsvc.management.hours import HOURS, Stretch, in_any, stretch_until, weeks_ago, with_weeks_before
from authsvc.tenancy.scope import current_tenant_id
from authsvc.transactions.models import Transaction

_PARTIES: Final = 5
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Hour:
    """Sign-ins of one hour, by how they ended, and how many are usual; None where nothing is."""

    start: datetime
    accepted: int
    refused: int
    usual: float | None


@dataclass(frozen=True)
class Figure:
    """A number of today beside the usual one; None where there were no sign-ins to know that by."""

    today: int
    usual: float | None


@dataclass(frozen=True)
class Party:
    """Sign-ins of today at one relying party."""

    client_id: str
    name: str
    accepted: int
    refused: int


@dataclass(frozen=True)
class Today:
    """The sign-ins of the last 24 hours.

    `refused` are all that were, `refused_known` those of people who were known: others are kept for a day,
    so that nobody can say what is usual of them, nor of the `left` ones.
    """

    since: datetime
    hours: list[Hour]
    accepted: Figure
    refused: int
    refused_known: Figure
    left: int
    levels: list[tuple[str, Figure]]
    weeks: int
    """How many weeks before somebody signed in."""
    accepted_before: int
    """How many sign-ins were accepted in them."""
    usual_median: timedelta | None
    """The median time of those, where it is remembered: who reads it gives it to `remember_median`."""


@dataclass(frozen=True)
class _Group:
    weeks: int
    start: datetime
    outcome: str
    known: bool
    level: str
    count: int


@dataclass(frozen=True)
class _Before:
    """What the weeks before had, of which nothing changes but by erasure."""

    groups: list[_Group]
    median: timedelta | None = None


# By tenant and the hour that it is: most of what is read are the weeks before (docs/adr/0482).
_before: Remembered[tuple[UUID, datetime], _Before] = Remembered(seconds=600)


def today(moment: datetime) -> Today:
    """Return the sign-ins of the last 24 hours against those of the weeks before, in one statement."""
    stretches = with_weeks_before(stretch_until(moment))
    key = (current_tenant_id(), stretches[0].first)
    before = _before.get(key)
    read = list(_groups(stretches if before is None else stretches[:1]))
    if before is None:
        before = _before.keep(key, _Before([group for group in read if group.weeks]))
    groups = [*(group for group in read if not group.weeks), *before.groups]
    weeks = sorted({group.weeks for group in before.groups})
    ended_so: Counter[tuple[int, str, bool]] = Counter()
    levels: Counter[tuple[int, str]] = Counter()
    by_hour: Counter[tuple[int, datetime, str]] = Counter()
    for group in groups:
        ended_so[group.weeks, group.outcome, group.known] += group.count
        levels[group.weeks, group.level] += group.count
        by_hour[group.weeks, group.start, group.outcome] += group.count

    def usual(of: Any) -> float | None:
        return mean(of(week) for week in weeks) if weeks else None

    def accepted(week: int) -> int:
        return ended_so[week, "accepted", True] + ended_so[week, "accepted", False]

    def hour(at: int) -> Hour:
        start = stretches[0].first + at * _HOUR

        def both(week: int) -> int:
            then = start - timedelta(weeks=week)
            return by_hour[week, then, "accepted"] + by_hour[week, then, "refused"]

        return Hour(start, by_hour[0, start, "accepted"], by_hour[0, start, "refused"], usual(both))

    reached = sorted({level for _week, level in levels if level})
    return Today(
        since=stretches[0].first,
        hours=[hour(at) for at in range(HOURS)],
        accepted=Figure(accepted(0), usual(accepted)),
        refused=ended_so[0, "refused", True] + ended_so[0, "refused", False],
        refused_known=Figure(
            ended_so[0, "refused", True], usual(lambda week: ended_so[week, "refused", True])
        ),
        left=ended_so[0, "left", True] + ended_so[0, "left", False],
        levels=[
            (name, Figure(levels[0, name], usual(lambda week, name=name: levels[week, name])))
            for name in reached
        ],
        weeks=len(weeks),
        accepted_before=sum(map(accepted, weeks)),
        usual_median=before.median,
    )


def _sign_ins() -> QuerySet[Transaction]:
    return Transaction.objects.unchecked().filter(kind=Transaction.Kind.AUTHENTICATE).order_by()


def _groups(stretches: list[Stretch]) -> Iterator[_Group]:
    known = Case(When(subject__isnull=False, then=Value(1)), default=Value(0), output_field=IntegerField())
    rows = (
        with_outcome(_sign_ins().filter(in_any(stretches, "created_at")))
        .annotate(weeks=weeks_ago(stretches, "created_at"), known=known)
        .annotate(start=TruncHour("created_at", tzinfo=UTC))
        .values_list("weeks", "start", "outcome", "known", "level")
        .annotate(count=Count("pk"))
    )
    for weeks, start, outcome, is_known, level, count in rows:
        yield _Group(weeks, start, outcome, bool(is_known), level, count)


def median_rows(moment: datetime, day: Today) -> dict[str, QuerySet[Any]]:
    """Return the median time of accepted sign-ins as a row of one column: of today as `median`.

    That of the weeks before is there too, as `usual_median`, where it is not remembered.
    """
    first, *before = with_weeks_before(stretch_until(moment))
    rows = {"median": _middle(first.within("created_at"), day.accepted.today)}
    if day.usual_median is None and day.weeks:
        rows["usual_median"] = _middle(in_any(before, "created_at"), day.accepted_before)
    return rows


def remember_median(day: Today, median: timedelta | None) -> None:
    """Take the median of the weeks before, which was just read."""
    key = (current_tenant_id(), day.since)
    known = _before.get(key)
    if known is not None:
        _before.keep(key, replace(known, median=median))


def _middle(within: Q, count: int) -> QuerySet[Any]:
    took = ExpressionWrapper(F("decided_at") - F("created_at"), output_field=DurationField())
    rows = _sign_ins().filter(within, ended("accepted")).annotate(took=took).order_by("took")
    return rows.values("took")[count // 2 : count // 2 + 1]


def by_party(moment: datetime) -> list[Party]:
    """Return the relying parties with most sign-ins in the last 24 hours."""
    rows = (
        _sign_ins()
        .filter(stretch_until(moment).within("created_at"), client__isnull=False)
        .values("client")
        .annotate(
            accepted=Count("pk", filter=ended("accepted")), refused=Count("pk", filter=ended("refused"))
        )
        .filter(Q(accepted__gt=0) | Q(refused__gt=0))
        .order_by(-(F("accepted") + F("refused")), "client")
        # Looked up for each party, and not for each attempt.
        .annotate(known_as=_of_party("client_id"), called=_of_party("name"))
        .values_list("known_as", "called", "accepted", "refused")
    )
    return [Party(*row) for row in rows[:_PARTIES]]


def _of_party(column: str) -> Subquery:
    return Subquery(RelyingParty.objects.unchecked().filter(pk=OuterRef("client")).values(column)[:1])
