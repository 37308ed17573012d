"""Hours in which nobody is disturbed: read, and when they end."""

from datetime import UTC, datetime

import pytest

from authsvc.core.quiet_hours import read_quiet_hours

NIGHT, NOON = "22:00-07:00 Europe/Berlin", "12:00-13:30 UTC"


@pytest.mark.parametrize(
    ("line", "at", "until"),
    [
        (NIGHT, "2026-01-10T20:59", None),
        (NIGHT, "2026-01-10T21:00", "2026-01-11T06:00"),
        (NIGHT, "2026-01-10T23:30", "2026-01-11T06:00"),
        (NIGHT, "2026-01-11T05:59", "2026-01-11T06:00"),
        (NIGHT, "2026-01-11T06:00", None),
        (NIGHT, "2026-07-10T20:00", "2026-07-11T05:00"),  # summer time
        (NIGHT, "2026-03-28T22:00", "2026-03-29T05:00"),  # the night in which it begins
        (NIGHT, "2026-10-24T21:00", "2026-10-25T06:00"),  # and in which it ends
        (NOON, "2026-01-10T12:00", "2026-01-10T13:30"),
        (NOON, "2026-01-10T11:59", None),
        (NOON, "2026-01-10T13:30", None),
    ],
)
def test_when_it_ends(line: str, at: str, until: str | None) -> None:
    hours = read_quiet_hours(line)
    assert hours is not None
    assert hours.line == line
    end = hours.end_after(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert end == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


def test_without_a_line_there_are_none() -> None:
    assert read_quiet_hours("") is None


@pytest.mark.parametrize(
    "line",
    [
        *("22:00-22:00 UTC", "24:00-07:00 UTC", "22:00-07:00 Nowhere/Else", "22:00-07:00", "at night"),
        *("22:00-07:00 ../../etc/passwd", "22:00-07:00 UTC\n", "29:00-07:00 UTC"),
    ],
)
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(ValueError):
        read_quiet_hours(line)
