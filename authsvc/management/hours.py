"""The last 24 hours, and the same hours of the weeks before, which they are held against."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, IntegerField, Q, Value, When

HOURS: Final = 24
WEEKS: Final = 4
"""So many weeks before say what is usual."""


@dataclass(frozen=True)
class Stretch:
    """From `first`, a full hour, up to `behind`: 23 hours and what has passed of the present one."""

    first: datetime
    behind: datetime

    @property
    def settled(self) -> "Stretch":
        """What of it began so long before the present hour that it has ended, and only erasure changes it."""
        return replace(self, behind=self._settled_until)

    @property
    def unsettled(self) -> "Stretch":
        """The rest of it: the present hour, and the one before."""
        return replace(self, first=self._settled_until)

    @property
    def _settled_until(self) -> datetime:
        return self.first + timedelta(hours=HOURS - 2)

    def weeks_before(self, weeks: int) -> "Stretch":
        """Return the same hours so many weeks before."""
        back = timedelta(weeks=weeks)
        return Stretch(self.first - back, self.behind - back)

    def within(self, column: str) -> Q:
        """Return the condition that a column's time lies in it, as a range that an index answers."""
        return Q(**{f"{column}__gte": self.first, f"{column}__lt": self.behind})


def stretch_until(moment: datetime) -> Stretch:
    """Return the 24 hours of which the present one is the last."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return Stretch(hour - timedelta(hours=HOURS - 1), moment)


def with_weeks_before(stretch: Stretch) -> list[Stretch]:
    """Return it and the same hours of each week before."""
    return [stretch.weeks_before(weeks) for weeks in range(WEEKS + 1)]


def in_any(stretches: list[Stretch], column: str) -> Q:
    """Return the condition that a column's time lies in one of them."""
    found = Q()
    for stretch in stretches:
        found |= stretch.within(column)
    return found


def weeks_ago(stretches: list[Stretch], column: str) -> Any:
    """Return the expression that says how many weeks ago a time of one of them is, 0 for today."""
    cases = [When(stretch.within(column), then=Value(weeks)) for weeks, stretch in enumerate(stretches)]
    return Case(*cases, output_field=IntegerField())
