"""Questions that the ORM writes once, and that are asked with other values each time (docs/adr/0531).

To write a statement takes the ORM several times as long as PostgreSQL takes to answer it, and so does the
constructor of each row that comes. Steps of a sign-in ask the same few questions again and again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, Value
from django.db.transaction import TransactionManagementError

from authsvc.seals.rows import SealedQuerySet
from authsvc.tenancy.models import TenantOwned
from authsvc.tenancy.rows import from_row, plain_from_row
from authsvc.tenancy.scope import current_tenant_id

Asked = TypeVar("Asked", bound=Model)
_TENANT: Final = "tenant"


class Given(Value):
    """The place of a value that is given when the question is asked, by its name."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Stand among the statement's values, for the value to come."""
        return "%s", [self]


class _Part(NamedTuple):
    """Where the columns of one row stand in what comes, and of each that is read along with it."""

    model: Any
    made: Callable[[Any, Sequence[Any]], Any]
    begin: int
    end: int
    key: int
    put: Callable[[Any, Any], None]
    along: tuple["_Part", ...]

    def read(self, columns: Sequence[Any]) -> Any:
        """Return the row, with those that it points at; None where there is none."""
        if columns[self.key] is None:
            return None
        row = self.made(self.model, columns[self.begin : self.end])
        for part in self.along:
            part.put(row, part.read(columns))
        return row


class _Question(NamedTuple):
    """A statement as it was written: its values in turn, places among them, and how to read the answer."""

    statement: str
    values: list[Any]
    locks: bool
    part: _Part | None
    noted: tuple[tuple[str, int], ...]
    conversions: dict[int, tuple[list[Any], Any]]
    is_shown: Callable[[Any], bool]


class Written(Generic[Asked]):
    """A question about the rows of the tenant in scope, as `write` puts it with `Given` in its places.

    `write` is called once, and what it says besides stays: a moment has to be given. Rows that are sealed
    come where they are believed, as those of the query set would, and whole.
    """

    def __init__(self, write: Callable[[], QuerySet[Asked, Any]]) -> None:
        self._write = write

    def rows(self, **given: Any) -> list[Asked]:
        """Return the rows; raises KeyError for a value that is not given."""
        asked, found = self._question, []
        assert asked.part is not None
        for columns in self.values(**given):
            row = asked.part.read(columns)
            for name, place in asked.noted:
                setattr(row, name, columns[place])
            if asked.is_shown(row):
                found.append(row)
        return found

    def row(self, **given: Any) -> Asked | None:
        """Return the first row, None where there is none; `write` says how many are asked for."""
        return next(iter(self.rows(**given)), None)

    def values(self, **given: Any) -> list[Sequence[Any]]:
        """Return what was asked for in place of rows, as `values_list` names it."""
        answer = self._answer(given)
        return [self._converted(list(each)) for each in answer] if self._question.conversions else answer

    def _answer(self, given: dict[str, Any]) -> list[Any]:
        database, asked = connections[DEFAULT_DB_ALIAS], self._question
        if asked.locks and not database.in_atomic_block:
            raise TransactionManagementError("a lock is over with its statement outside a transaction")
        given[_TENANT] = current_tenant_id()
        values = [
            _stored(given[each.value], database) if type(each) is Given else each for each in asked.values
        ]
        with database.cursor() as cursor:
            cursor.execute(asked.statement, values)
            answer: list[Any] = cursor.fetchall()
            return answer

    def _converted(self, columns: list[Any]) -> list[Any]:
        for place, (converters, expression) in self._question.conversions.items():
            for convert in converters:
                columns[place] = convert(columns[place], expression, connections[DEFAULT_DB_ALIAS])
        return columns

    @cached_property
    def _question(self) -> _Question:
        database, whose, rows = connections[DEFAULT_DB_ALIAS], current_tenant_id(), self._write()
        compiler: Any = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        statement, values = compiler.as_sql()
        # The manager put the tenant in scope into it.
        ours = (whose, _stored(whose, database))
        asked = [column for column, _, _ in compiler.select[: compiler.col_count]]
        as_rows = rows.query.default_cols
        noted = tuple(compiler.annotation_col_map.items()) if as_rows else ()
        # What is read as a row is converted there.
        kept = {place for _, place in noted} if as_rows else set(range(len(asked)))
        converters = compiler.get_converters(asked)
        assert not any(isinstance(value, datetime) for value in values), "a moment is given, not written"
        return _Question(
            statement=statement,
            values=[Given(_TENANT) if value in ours else value for value in values],
            locks=bool(rows.query.select_for_update and database.features.has_select_for_update),
            part=_part_of(compiler.klass_info, compiler.select) if as_rows else None,
            noted=noted,
            conversions={place: each for place, each in converters.items() if place in kept},
            is_shown=rows.is_shown if isinstance(rows, SealedQuerySet) else _any,
        )


def _part_of(about: dict[str, Any], select: Sequence[Any]) -> _Part:
    places, model = about["select_fields"], about["model"]
    names = [select[place][0].target for place in places]
    assert names == list(model._meta.concrete_fields), "rows are read whole"
    key = places[names.index(model._meta.pk)]
    along = tuple(_part_of(each, select) for each in about.get("related_klass_infos", ()))
    made = from_row if issubclass(model, TenantOwned) else plain_from_row
    return _Part(model, made, places[0], places[-1] + 1, key, about.get("local_setter", _nowhere), along)


def _any(_row: Any) -> bool:
    return True


def _nowhere(_row: Any, _other: Any) -> None:
    raise AssertionError("nothing points at the row itself")


def _stored(value: Any, database: Any) -> Any:
    """Return a value as this database takes it; PostgreSQL's driver takes all of them as they are."""
    if database.vendor == "postgresql":
        return value
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    return value.hex if isinstance(value, UUID) else value
