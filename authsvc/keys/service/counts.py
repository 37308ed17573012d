"""Counters of one machine: a file of SQLite's in the key store, written through to the disk.

There is one for each row whose older copies must be noticed, sessions too: a file or an object each would
fill a disk or a security module. Its statements are SQLite's, of a database of its own.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from authsvc.keys.service import disk
from authsvc.keys.service.interface import CALL_SECONDS, KeyServiceDown, NotAllowed, address

_FILE: Final = "counters.sqlite3"
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
)
_READ: Final = "SELECT value FROM counters WHERE name = ?"
_ALL: Final = "SELECT name, value FROM counters ORDER BY name"
_RAISE: Final = (
    "INSERT INTO counters (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value) RETURNING value"
)
_NEXT: Final = (
    "INSERT INTO counters (name, value) VALUES (?, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
)


class Counts:
    """Numbers by name that only grow, in a folder that the processes of one machine share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._local = threading.local()

    def advance(self, name: str, at_least: int | None = None) -> int:
        """Move a counter on, as the interface says; it is on the disk when this returns."""
        address(name)
        with self._using() as connection, connection:
            done = connection.execute(*((_NEXT, [name]) if at_least is None else (_RAISE, [name, at_least])))
            return int(done.fetchone()[0])

    def current(self, name: str) -> int:
        """Return a counter, 0 where it was never advanced."""
        address(name)
        with self._using() as connection:
            row = connection.execute(_READ, [name]).fetchone()
            return int(row[0]) if row else 0

    def all(self) -> dict[str, int]:
        """Return every counter by its name, as they stand at one moment."""
        with self._using() as connection:
            return dict(connection.execute(_ALL).fetchall())

    def raise_all(self, values: Mapping[str, int]) -> int:
        """Raise counters to these values at least, and return how many stood below."""
        before = self.all()
        with self._using() as connection, connection:
            for name, value in sorted(values.items()):
                connection.execute(_RAISE, [name, value]).fetchone()
        return sum(before.get(name, 0) < value for name, value in values.items())

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection; faults of the file are the service's."""
        try:
            # A connection must not be used in a process that was forked from its own.
            held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
            if held is None or held[0] != os.getpid():
                held = self._local.held = (os.getpid(), self._open())
            yield held[1]
        except PermissionError as problem:
            raise NotAllowed(f"{problem.filename}: {problem.strerror}") from None
        except (OSError, sqlite3.Error) as problem:
            raise KeyServiceDown(f"the counters in {self._folder}: {problem}") from None

    def _open(self) -> sqlite3.Connection:
        path = disk.shared(self._folder, _FILE)
        connection = sqlite3.connect(path, timeout=CALL_SECONDS)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        with connection:
            connection.execute(_TABLE)
        return connection


@cache
def counts_in(folder: Path) -> Counts:
    """Return the counters of a folder; each thread of a process has one connection to them."""
    return Counts(folder)
