"""Rows into PostgreSQL by COPY, in its text format (PostgreSQL 15, COPY, "Text Format").

A process beside this one makes the rows while the database stores those before.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from types import NoneType
from typing import Any, Final

from django.db import connection
from django.db.models import Model

_AT_ONCE: Final = 50_000
_AHEAD: Final = 2
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
Row = Sequence[Any]


def copy(table: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Store rows, each with a value a column, and return how many that were.

    `rows` asks nothing of the database: it is gone through in another process. They go by a table of the
    session alone: where row-level security holds, PostgreSQL copies nothing in.
    """
    names = ", ".join(map(connection.ops.quote_name, columns))
    into, waiting = connection.ops.quote_name(table), connection.ops.quote_name(f"waiting_{table}")
    count = 0
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {waiting} AS SELECT {names} FROM {into} LIMIT 0")  # noqa: S608
        for some, text in _made_beside(rows):
            with cursor.copy(f"COPY {waiting} ({names}) FROM STDIN") as target:
                target.write(text)
            cursor.execute(f"INSERT INTO {into} ({names}) SELECT {names} FROM {waiting}")  # noqa: S608
            cursor.execute(f"TRUNCATE {waiting}")
            count += some
        cursor.execute(f"DROP TABLE {waiting}")
    return count


def copy_models(model: type[Model], made: Iterable[Model]) -> int:
    """Store unsaved rows of a model whose key they have already; `seal` and tenant come from the scope."""
    fields = [field for field in model._meta.concrete_fields if not _is_counted(field)]
    columns = [str(field.column) for field in fields]
    return copy(model._meta.db_table, columns, _values(made, [field.attname for field in fields]))


def analyse(tables: Iterable[str]) -> None:
    """Let the planner know what came, as it would by itself within a minute."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def _values(made: Iterable[Any], attributes: Sequence[str]) -> Iterator[Row]:
    for row in made:
        row.make_ready()
        yield [getattr(row, name) for name in attributes]


def _is_counted(field: Any) -> bool:
    return field.get_internal_type() == "BigAutoField"


def _made_beside(rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """Yield rows as text, some at a time with their number; raises RuntimeError where they cannot be made."""
    forking = get_context("fork")
    made: Any = forking.Queue(_AHEAD)
    maker = forking.Process(target=_make, args=(rows, made), daemon=True)
    maker.start()
    while (some := made.get()) is not None:
        yield some
    maker.join()
    if maker.exitcode:
        raise RuntimeError("the rows could not be made")


def _make(rows: Iterable[Row], made: Any) -> None:
    left = iter(rows)
    try:
        while some := list(islice(left, _AT_ONCE)):
            made.put((len(some), "".join(map(_line, some))))
    finally:
        made.put(None)


def _line(row: Row) -> str:
    return "\t".join([_TEXTS.get(type(value), str)(value) for value in row]) + "\n"


def _text(value: str) -> str:
    return value.translate(_ESCAPED) if "\\" in value or not value.isprintable() else value


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
