"""How long each table keeps its rows: one register, to which each room of the product declares its own.

A room's rows stand in its module `retained`, data and nothing else, so that a process that does not have
the room can erase its rows all the same (docs/adr/0431). Names of tables and columns stand as text, as they
are in the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

CLOCK_SET_BACK: Final = timedelta(minutes=1)
"""By so much the clocks of an installation's machines may differ."""


@dataclass(frozen=True)
class Swept:
    """Rows that the sweeper deletes `after` the time in their column `since`; `why` says why not sooner.

    `only` narrows it to some of the table's rows, as SQL. `takes` are the tables whose rows go first, with
    the column that names this table's; `leaves` are those in which that column becomes null instead.
    `longest` is how far `since` may lie ahead when a row is written: one that lies further ahead was written
    before a clock was set back, and is over (S7-04).
    """

    table: str
    since: str
    after: timedelta
    why: str
    only: str = ""
    takes: Mapping[str, str] = field(default_factory=dict)
    leaves: Mapping[str, str] = field(default_factory=dict)
    longest: timedelta | None = None
    tenants: bool = True
    key: str = "id"

    @property
    def name(self) -> str:
        """What the row is called in the register: two of one table differ by `only`."""
        return f"{self.table}, {self.only}" if self.only else self.table

    @property
    def ahead(self) -> timedelta | None:
        """From how far ahead of now on a row's time is one that no clock has shown yet, or None."""
        return None if self.longest is None else self.longest + CLOCK_SET_BACK


@dataclass(frozen=True)
class Kept:
    """Rows that end otherwise: `until` says when and by whom, or why they stay for good."""

    table: str
    until: str


Row = Swept | Kept
_rows: dict[str, list[Row]] = {}


def declare(*rows: Row) -> None:
    """Add rows to the register; declaring them again changes nothing."""
    for row in rows:
        declared = _rows.setdefault(row.table, [])
        if row not in declared:
            declared.append(row)


def register() -> Mapping[str, tuple[Row, ...]]:
    """Return what is declared, by table."""
    return {table: tuple(rows) for table, rows in sorted(_rows.items())}


def swept() -> list[Swept]:
    """Return what the sweeper deletes, in the order in which it does."""
    return [row for rows in register().values() for row in rows if isinstance(row, Swept)]


def conditions() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return the register as the database is told it: by name, the table and what is true of what is over."""
    return {row.name: (row.table, tuple(_conditions(row))) for row in swept() if row.tenants}


def _conditions(row: Swept) -> Iterator[str]:
    also = f" AND ({row.only})" if row.only else ""
    yield f"{row.since} <= moment - interval '{_seconds(row.after)} seconds'{also}"
    if row.ahead is not None:
        yield f"{row.since} > moment + interval '{_seconds(row.ahead)} seconds'{also}"


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
