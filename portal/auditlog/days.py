"""Events by day: a bar each, which leads to its day's list."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authsvc.audit.reading import counted
from authsvc.core.clock import now
from portal.auditlog.forms import AuditFilter
from portal.ui.chart import Chart, Value, stacked_bars
from portal.ui.paging import first_of

SHOWN: Final = 14
_LABELLED: Final = 3  # days from one label to the next, which a phone has room for
COUNTED: Final = 1000
"""So many events of a day are counted; of more it is said that they are more."""


@dataclass(frozen=True)
class Day:
    """A day of the viewer's, how many events it had, and the query of their list."""

    day: date
    count: int
    query: str

    @property
    def counted(self) -> int:
        """How many there were at least."""
        return min(self.count, COUNTED)

    @property
    def is_more(self) -> bool:
        """Whether there were more than were counted."""
        return self.count > COUNTED


@dataclass(frozen=True)
class Tally:
    """How many events the list has, as paging counts them, and its last days, with their chart."""

    count: int
    days: list[Day]
    chart: Chart


def tally_of(form: AuditFilter) -> Tally:
    """Count the events that the list is about, and those of its last days, in one statement.

    The days end with the filter's last day, or today, and begin no sooner than its first.
    """
    wanted = form.wanted
    last = wanted.get("until") or now().astimezone(form.viewers_zone).date()
    first = max(wanted.get("since") or date.min, last - timedelta(days=SHOWN - 1))
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)] or [last]
    spans = [(form.begin(day), form.begin(day + timedelta(days=1))) for day in days]
    count, *counts = counted(first_of(form.rows()), form.on_any_day(), spans, most=COUNTED + 1)
    found = [Day(day, each, _query(form, day)) for day, each in zip(days, counts, strict=True)]
    labels = [
        date_format(day, "MONTH_DAY_FORMAT") if (last - day).days % _LABELLED == 0 else "" for day in days
    ]
    chart = stacked_bars(
        [
            Value(label, day.counted, 0, title=_title(day), url=day.query)
            for label, day in zip(labels, found, strict=True)
        ]
    )
    return Tally(count, found, chart)


def _title(day: Day) -> str:
    counted = ngettext("%(count)s event", "%(count)s events", day.counted)
    said = _("More than %(count)s events") if day.is_more else counted
    return f"{date_format(day.day, 'SHORT_DATE_FORMAT')}: {said % {'count': day.counted}}"


def _query(form: AuditFilter, day: date) -> str:
    kept = {name: value for name, value in form.data.items() if value and name in form.fields}
    return f"?{urlencode({**kept, 'since': day.isoformat(), 'until': day.isoformat()})}"
