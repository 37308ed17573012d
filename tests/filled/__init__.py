"""A filled database of an earlier release, and how it is laid out for the release under test.

README.md says what it holds. Whatever depends on the layout of the release under test stays out of here.
"""

import contextlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from devtools.stack.stack import as_user

HERE = Path(__file__).resolve().parent
# Where a later release renamed a table: its name in the dump, and its name now.
MOVED: dict[str, str] = {}
# Django's own tables, to which every new model or migration adds.
GROWING = frozenset({"django_migrations", "django_content_type", "auth_permission"})
_MOMENT = re.compile(r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
# What happened, happened then: these rows are chained by hashes over their times.
_AUDIT = re.compile(r'INSERT INTO (public\.|")audit_auditevent\b')


@dataclass(frozen=True)
class Dump:
    """What was kept of one database engine: `postgresql` or `sqlite`."""

    folder: Path

    @property
    def phone(self) -> Path:
        """The software phone's passkeys."""
        return self.folder / "phone.json"

    @property
    def known(self) -> dict[str, Any]:
        """What people, browsers and relying parties held when the dump was made."""
        content: dict[str, Any] = json.loads((self.folder / "known.json").read_text(encoding="utf-8"))
        return content

    def lay_out(self, data: Path, *, visor: str, partner: str, database: str | None) -> None:
        """Fill a data folder, and the database at the URL or else the folder's own SQLite file.

        It is then as if the dump had been made this moment by a product at these two addresses.
        """
        data.mkdir(parents=True, exist_ok=True)
        for name in ("secrets.json", "demo.json", "partner.key"):
            shutil.copy(self.folder / name, data / name)
        _into_sqlite(data / "partner.sqlite3", self._text("partner.sql", visor, partner))
        text = self._text("database.sql", visor, partner)
        if database is None:
            _into_sqlite(data / "visor.sqlite3", text)
        else:
            with psycopg.connect(as_user(database, "root")) as connection:
                connection.execute(text.encode())

    def _text(self, name: str, visor: str, partner: str) -> str:
        known = self.known
        moves = {known["addresses"]["visor"]: visor, known["addresses"]["partner"]: partner}
        age = datetime.now(UTC) - datetime.fromisoformat(known["made_at"])
        lines = (self.folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(_brought_up(lines, moves, age))


def dump(engine: str) -> Dump:
    """Return the dump of one database engine."""
    return Dump(HERE / engine)


def _brought_up(lines: Iterable[str], moves: Mapping[str, str], age: timedelta) -> Iterator[str]:
    for line in lines:
        if not _AUDIT.match(line):
            line = _MOMENT.sub(lambda found: _later(found[0], age), line)
            for old, new in moves.items():
                line = line.replace(old, new)
        yield line


def _later(moment: str, age: timedelta) -> str:
    return (datetime.fromisoformat(moment) + age).isoformat(moment[10], timespec="seconds")


def _into_sqlite(file: Path, text: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(text)


def row_counts(data: Path, database: str | None) -> dict[str, int]:
    """Return how many rows each table holds, those of every tenant."""
    if database is None:
        with contextlib.closing(sqlite3.connect(data / "visor.sqlite3")) as connection:
            return _counts(connection, "SELECT name FROM sqlite_master WHERE type = 'table'")
    with psycopg.connect(as_user(database, "root")) as connection:
        connection.execute("SELECT set_config('visor.tenant', '*', false)")
        return _counts(
            connection,
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
        )


def _counts(connection: Any, tables: str) -> dict[str, int]:
    names = [name for (name,) in connection.execute(tables).fetchall() if not name.startswith("sqlite_")]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
