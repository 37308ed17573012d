"""The server's clock; nothing in the product believes a time that a client sends (S9.5-04)."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)
