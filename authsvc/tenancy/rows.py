"""Rows in and out without the ORM, for the few statements that every exchange of tokens makes.

Building such a statement anew, and its instances through a query set, takes several times as long as the
database needs for it (docs/adr/0130). The columns come from the models all the same.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.base import ModelState

from authsvc.tenancy.models import Row, TenantOwned
from authsvc.tenancy.sql import Change, Insertion, Once, insert_values, make_change

Owned = TypeVar("Owned", bound=TenantOwned)
# By the kind of a field, what no database's driver wants to have made into something else.
_EVERYWHERE: Final = {models.CharField: (str,), models.TextField: (str,)}
_BY_VENDOR: Final[dict[str, dict[type, tuple[type, ...]]]] = {
    "postgresql": {
        models.DateTimeField: (datetime,),
        models.UUIDField: (UUID,),
        models.BinaryField: (bytes,),
    },
    "sqlite": {},
}


@cache
def columns_of(model: type[models.Model], table: str = "") -> str:
    """Return the model's columns in their order, quoted, each after `table` where one is named."""
    prefix = f"{table}." if table else ""
    fields = model._meta.concrete_fields
    return ", ".join(prefix + connection.ops.quote_name(str(field.column)) for field in fields)


def new_row(model: type[Owned], **values: Any) -> Owned:
    """Return a new instance of these columns, a foreign key by its own; every other one has its default.

    Raises TypeError for what is no column.
    """
    standing, made = _defaults(model)
    content = {**standing, **values}
    if len(content) > len(_names(model)):
        raise TypeError(f"{model.__name__} has no column {', '.join(values.keys() - set(_names(model)))}")
    for name, make in made:
        if name not in values:
            content[name] = make()
    row: Owned = _instance(model, content)
    return row


def _instance(model: type[models.Model], content: dict[str, Any]) -> Any:
    """Return an instance of every column's value, without what the ORM asks of each one by one."""
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(content)
    return row


def from_row(model: type[Owned], values: Sequence[Any]) -> Owned:
    """Return the instance that a row of `columns_of(model)` stands for."""
    row: Owned = plain_from_row(model, values)
    row.note_read()
    return row


def plain_from_row(model: type[models.Model], values: Sequence[Any]) -> Any:
    """Return the same of a model that belongs to no tenant."""
    converted = list(values)
    for position, column, converters in _conversions(model):
        for convert in converters:
            converted[position] = convert(converted[position], column, connection)
    row = _instance(model, dict(zip(_names(model), converted, strict=True)))
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def insert(
    rows: Sequence[Row],
    *beside: Row,
    upon: Once | None = None,
    along: Change | list[Change] | None = None,
) -> bool:
    """Insert rows of one model, at least one, and one of each other model, in the tenant in scope.

    All or none, by one statement on PostgreSQL. Where the change `upon` which they are inserted can no longer
    be made, nothing is stored, and False returned; what is changed `along` may have been changed meanwhile,
    and stays then. Raises NoTenantScope for a row of another tenant. The rows bring their primary keys along,
    but for those that the database counts up: these rows are not told theirs.
    """
    # The connection itself, as each field asks it several things that its proxy would pass on one by one.
    database, parts = connections[DEFAULT_DB_ALIAS], []
    for group in (rows, *((row,) for row in beside)):
        model, values = type(group[0]), []
        for row in group:
            row.make_ready()
            for given, (field, as_they_are) in zip(_read(model)(row), _stored(model), strict=True):
                if type(given) in as_they_are:
                    values.append(given)
                else:
                    values.append(field.get_db_prep_save(field.pre_save(row, add=True), database))
        parts.append(Insertion(model._meta.db_table, _stored_columns(model), len(group), values))
    if not insert_values(parts, upon, along if isinstance(along, list) else [along] if along else []):
        return False
    for row in (*rows, *beside):
        row._state.adding = False
    return True


def change_of(row: Row, *names: str) -> Change:
    """Return the change that stores these fields of a row that was read, for `insert` to make along.

    The row is sealed with them where it has a seal that speaks of one. Call inside a database transaction
    that holds the row's lock.
    """
    database, about = connections[DEFAULT_DB_ALIAS], type(row)._meta
    said: list[Any] = [about.get_field(name) for name in sorted(row.made_ready(names))]
    which: list[Any] = [about.get_field("tenant"), about.pk]
    values = [each.get_db_prep_save(getattr(row, each.attname), database) for each in (*said, *which)]
    return Change(_change(about.db_table, *(str(each.column) for each in (*said, about.pk))), values)


def store(row: Row, *names: str) -> None:
    """Store these fields of a row that was read, as `save` does, and as `change_of` says."""
    make_change(change_of(row, *names))


@cache
def _change(table: str, *columns: str) -> str:
    # Names come from the model, values are parameters.
    *changed, key = map(connection.ops.quote_name, columns)
    places = ", ".join(f"{column} = %s" for column in changed)
    return f"UPDATE {connection.ops.quote_name(table)} SET {places} WHERE tenant_id = %s AND {key} = %s"  # noqa: S608


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """Return the columns' defaults: those that stand, and those that are made anew for each row."""
    standing, made = {}, []
    for field in model._meta.concrete_fields:
        is_made = field.has_default() and callable(field.default)
        # In the order of the columns, whichever is given.
        standing[field.attname] = None if is_made else field.get_default()
        if is_made:
            made.append((field.attname, field.get_default))
    return standing, made


@cache
def _stored(model: type[models.Model]) -> "list[tuple[models.Field[Any, Any], frozenset[type]]]":
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    return [(field, _as_they_are(field)) for field in fields]


def _as_they_are(field: Any) -> frozenset[type]:
    """Return the types of values that the database gets as the row has them: nearly all of a row's."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return frozenset()
    kind = type(field.target_field if field.is_relation else field)
    return frozenset({NoneType, *_EVERYWHERE.get(kind, ()), *_BY_VENDOR[connection.vendor].get(kind, ())})


@cache
def _read(model: type[models.Model]) -> Callable[[models.Model], tuple[Any, ...]]:
    return attrgetter(*(field.attname for field, _ in _stored(model)))


@cache
def _stored_columns(model: type[models.Model]) -> str:
    return ", ".join(connection.ops.quote_name(str(field.column)) for field, _ in _stored(model))


@cache
def _conversions(model: type[models.Model]) -> list[tuple[int, Any, list[Any]]]:
    found = []
    for position, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        converters = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        if converters:
            found.append((position, column, converters))
    return found
