"""The server's clock; nothing in the product believes a time that a client sends (S9.5-04)."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


@cache
def zones() -> frozenset[str]:
    """Return the names of the time zones that there are; looked for on disk once, as that takes 20 ms."""
    return frozenset(available_timezones())
