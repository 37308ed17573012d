"""Sign-ins of the last 24 hours against the usual, read by ranges of time alone.

What is read grows with a day's sign-ins and not with their history (docs/adr/0482).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
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
    Q,
    QuerySet,
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
    median: timedelta | None
    """The median time of today's accepted ones, and of theirs, where remembered: who reads them gives them to
    `remember_medians`."""
    usual_median: timedelta | None


@dataclass(frozen=True)
class _Group:
    weeks: int
    start: datetime
    outcome: str
    known: bool
    level: str
    count: int


@dataclass(frozen=True)
class _Settled:
    """What the weeks before had, and the settled hours of today; `median` is that of the weeks before."""

    groups: list[_Group]
    median: timedelta | None = None


Ended = Counter[tuple[str, str]]
"""How many sign-ins at a relying party, by its key, ended so."""
# By tenant and the hour that it is: of what is read nearly all is settled (docs/adr/0482, 0540).
_settled: Remembered[tuple[UUID, datetime], _Settled] = Remembered(seconds=600)
# Of so many today's median hardly moves within a minute, and to find it all of them are sorted.
_MANY: Final = 1000
_median: Remembered[tuple[UUID, datetime], timedelta] = Remembered(seconds=60)
_settled_at_parties: Remembered[tuple[UUID, datetime], Ended] = Remembered(seconds=600, capacity=500)


def today(moment: datetime) -> Today:
    """Return the sign-ins of the last 24 hours against those of the weeks before, in one statement."""
    stretch = stretch_until(moment)
    stretches = with_weeks_before(stretch)
    key = (current_tenant_id(), stretch.first)
    settled = _settled.get(key)
    read = list(_groups(stretches if settled is None else [stretch.unsettled]))
    if settled is None:
        settled = _settled.keep(
            key, _Settled([group for group in read if group.start < stretch.unsettled.first])
        )
    groups = [*(group for group in read if group.start >= stretch.unsettled.first), *settled.groups]
    weeks = sorted({group.weeks for group in groups if group.weeks})
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
        median=_median.get(key),
        usual_median=settled.median,
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
    """Return as rows of one column those of `median` and `usual_median` that are not remembered."""
    first, *before = with_weeks_before(stretch_until(moment))
    rows = {}
    if day.median is None:
        rows["median"] = _middle(first.within("created_at"), day.accepted.today)
    if day.usual_median is None and day.weeks:
        rows["usual_median"] = _middle(in_any(before, "created_at"), day.accepted_before)
    return rows


def remember_medians(day: Today, read: Mapping[str, timedelta | None]) -> None:
    """Take those medians that were just read."""
    key = (current_tenant_id(), day.since)
    known, median = _settled.get(key), read.get("median")
    if known is not None and "usual_median" in read:
        _settled.keep(key, replace(known, median=read["usual_median"]))
    if median is not None and day.accepted.today >= _MANY:
        _median.keep(key, median)


def _middle(within: Q, count: int) -> QuerySet[Any]:
    took = ExpressionWrapper(F("decided_at") - F("created_at"), output_field=DurationField())
    rows = _sign_ins().filter(within, ended("accepted")).annotate(took=took).order_by("took")
    return rows.values("took")[count // 2 : count // 2 + 1]


def by_party(moment: datetime) -> list[Party]:
    """Return the relying parties with most sign-ins in the last 24 hours."""
    stretch = stretch_until(moment)
    key = (current_tenant_id(), stretch.first)
    settled = _settled_at_parties.get_or_make(key, lambda: _ended_at_parties(stretch.settled))
    counts = settled + _ended_at_parties(stretch.unsettled)
    of_all: Counter[str] = Counter()
    for (party, _outcome), count in counts.items():
        of_all[party] += count
    # Of equally many any is first, the same one each time.
    most = sorted(of_all, key=lambda party: (-of_all[party], party))[:_PARTIES]
    known = RelyingParty.objects.unchecked().only("client_id", "name").in_bulk(most)
    return [
        Party(known[party].client_id, known[party].name, counts[party, "accepted"], counts[party, "refused"])
        for party in most
        if party in known
    ]


def _ended_at_parties(stretch: Stretch) -> Ended:
    rows = (
        _sign_ins()
        .filter(stretch.within("created_at"), client__isnull=False)
        .values("client")
        .annotate(
            accepted=Count("pk", filter=ended("accepted")), refused=Count("pk", filter=ended("refused"))
        )
        .values_list("client", "accepted", "refused")
    )
    found: Ended = Counter()
    for party, accepted, refused in rows:
        found[party, "accepted"], found[party, "refused"] = accepted, refused
    return +found
