"""Hours in which nobody is disturbed, as one line: `22:00-07:00 Europe/Berlin`."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from authsvc.core.clock import zones

_LINE: Final = re.compile(r"([0-2]\d:[0-5]\d)-([0-2]\d:[0-5]\d) ([A-Za-z0-9_+/-]{1,40})")


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of time zones that hours may be of, as `Europe/Berlin`, sorted."""
    return tuple(sorted(name for name in zones() if "/" in name or name == "UTC"))


@dataclass(frozen=True)
class QuietHours:
    """From one time of day to another, in a time zone, over midnight where the second one comes first."""

    begin: time
    end: time
    zone: str

    @property
    def line(self) -> str:
        """How it is stored."""
        return f"{self.begin:%H:%M}-{self.end:%H:%M} {self.zone}"

    def end_after(self, moment: datetime) -> datetime | None:
        """Return when the quiet that reigns at a moment ends; None where there is none at that moment."""
        here = moment.astimezone(ZoneInfo(self.zone))
        clock, over_midnight = here.time(), self.begin > self.end
        late = over_midnight and clock >= self.begin
        if not (late or (clock < self.end and (over_midnight or clock >= self.begin))):
            return None
        day = here.date() + timedelta(days=1) if late else here.date()
        return datetime.combine(day, self.end, tzinfo=here.tzinfo).astimezone(moment.tzinfo)


def read_quiet_hours(line: str) -> QuietHours | None:
    """Return the hours of a line, None for an empty one; raises ValueError for any other text."""
    if not line:
        return None
    found = _LINE.fullmatch(line)
    if found is None or found[3] not in time_zones():
        raise ValueError("must be as 22:00-07:00 Europe/Berlin")
    begin, end = (time.fromisoformat(part) for part in (found[1], found[2]))
    if begin == end:
        raise ValueError("must end at another time than they begin")
    return QuietHours(begin, end, found[3])
