"""Counters that stand outside the database, so that an older copy of a row is told from the newest.

Whoever can put back a row with its seal, or the whole database, cannot put back what stands here. One file
for one machine (docs/adr/0266); it never travels with the database's backup. Its statements are SQLite's,
of a database of its own.
"""

import os
import sqlite3
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings

_TABLE = "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
_READ = "SELECT value FROM counters WHERE name = ?"
_RAISE = (
    "INSERT INTO counters (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
)


class Counters(Protocol):
    """Numbers by name that only grow."""

    def current(self, name: str) -> int:
        """Return a counter, 0 where it was never raised."""
        ...

    def raise_to(self, values: Mapping[str, int]) -> None:
        """Raise counters to these values at least; none ever falls."""
        ...


class FileCounters:
    """Counters in a file that the processes of one machine share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def current(self, name: str) -> int:
        """Return a counter, 0 where it was never raised."""
        row = self._connection().execute(_READ, [name]).fetchone()
        return int(row[0]) if row else 0

    def raise_to(self, values: Mapping[str, int]) -> None:
        """Raise counters to these values at least; it is on the disk when this returns."""
        with self._connection() as connection:
            connection.executemany(_RAISE, sorted(values.items()))

    def _connection(self) -> sqlite3.Connection:
        # A connection must not be used in a process that was forked from its own.
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is None or held[0] != os.getpid():
            held = self._local.held = (os.getpid(), self._open())
        return held[1]

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=20)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        with connection:
            connection.execute(_TABLE)
        return connection


def counters() -> Counters:
    """Return the counters of this installation."""
    return _file(settings.COUNTERS_FILE)


@cache
def _file(path: Path) -> FileCounters:
    return FileCounters(path)
