"""Rows into PostgreSQL by COPY, in its text format (PostgreSQL 15, COPY, "Text Format")."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any, Final, Self

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
Row = Sequence[Any]


@dataclass(frozen=True)
class Table:
    """A table, and its columns that are given a value."""

    name: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, model: type[Model]) -> Self:
        """Return a model's table with every column but a number that PostgreSQL counts."""
        return cls(model._meta.db_table, tuple(str(field.column) for field in _fields(model)))


def lines(rows: Iterable[Row]) -> bytes:
    """Return rows as COPY takes them, each with a value a column."""
    return "".join(map(_line, rows)).encode()


def lines_of(model: type[Model], made: Iterable[Any]) -> bytes:
    """Return unsaved rows of a model as COPY takes them; `seal` and tenant come from the scope.

    They have their key already.
    """
    names = [field.attname for field in _fields(model)]
    return lines(_ready(row, names) for row in made)


def store(tables: Sequence[Table], made: Iterable[Sequence[bytes]]) -> None:
    """Store what was made some at a time: of each table the lines of its rows.

    They go by tables of the session alone: where row-level security holds, PostgreSQL copies nothing in.
    """
    with connection.cursor() as cursor:
        for table in tables:
            into, waiting, names = _names(table)
            cursor.execute(f"CREATE TEMPORARY TABLE {waiting} AS SELECT {names} FROM {into} LIMIT 0")  # noqa: S608
        for texts in made:
            for table, text in zip(tables, texts, strict=True):
                _store(cursor, table, text)
        for table in tables:
            cursor.execute(f"DROP TABLE {_names(table)[1]}")


def analyse(tables: Iterable[str]) -> None:
    """Let the planner know what came, as it would by itself within a minute."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def settle(tables: Iterable[str]) -> None:
    """Note which pages everybody sees, so that an index answers alone, as it would by itself before long.

    Within a transaction nothing is done: nobody else sees yet what it made.
    """
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM {connection.ops.quote_name(table)}")


def answers(query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what the database says to a question."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def run(statements: Iterable[str]) -> None:
    """Let statements run in turn."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _store(cursor: CursorWrapper, table: Table, text: bytes) -> None:
    into, waiting, names = _names(table)
    with cursor.copy(f"COPY {waiting} ({names}) FROM STDIN") as target:
        target.write(text)
    cursor.execute(f"INSERT INTO {into} ({names}) SELECT {names} FROM {waiting}")  # noqa: S608
    cursor.execute(f"TRUNCATE {waiting}")


def _names(table: Table) -> tuple[str, str, str]:
    quoted = connection.ops.quote_name
    return quoted(table.name), quoted(f"waiting_{table.name}"), ", ".join(map(quoted, table.columns))


def _fields(model: type[Model]) -> list[Any]:
    return [each for each in model._meta.concrete_fields if each.get_internal_type() != "BigAutoField"]


def _ready(row: Any, names: Sequence[str]) -> Row:
    row.make_ready()
    return [getattr(row, name) for name in names]


def _line(row: Row) -> str:
    # Most values are plain text, of which no function need be asked.
    return (
        "\t".join(
            [
                value
                if type(value) is str and "\\" not in value and value.isprintable()
                else _TEXTS.get(type(value), str)(value)
                for value in row
            ]
        )
        + "\n"
    )


def _text(value: str) -> str:
    return value.translate(_ESCAPED)


def _bytes(value: bytes | memoryview) -> str:
    return "\\\\x" + value.hex()


def _json(value: Any) -> str:
    return json.dumps(value).translate(_ESCAPED) if value else str(value)


_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    NoneType: lambda _: "\\N",
    str: _text,
    bytes: _bytes,
    memoryview: _bytes,
    datetime: datetime.isoformat,
    dict: _json,
    list: _json,
}
"""How a value of each type is written; others are as `str` has them."""
