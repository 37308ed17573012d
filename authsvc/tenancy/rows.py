"""Rows in and out without the ORM, for the few statements that every exchange of tokens makes.

Building such a statement anew, and its instances through a query set, takes several times as long as the
database needs for it (docs/adr/0130). The columns come from the models all the same.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from authsvc.tenancy.models import Row
from authsvc.tenancy.sql import insert_values

Model = TypeVar("Model", bound=models.Model)


@cache
def columns_of(model: type[models.Model], table: str = "") -> str:
    """Return the model's columns in their order, quoted, each after `table` where one is named."""
    prefix = f"{table}." if table else ""
    fields = model._meta.concrete_fields
    return ", ".join(prefix + connection.ops.quote_name(str(field.column)) for field in fields)


def from_row(model: type[Model], values: Sequence[Any]) -> Model:
    """Return the instance that a row of `columns_of(model)` stands for."""
    converted, names = list(values), [field.attname for field in model._meta.concrete_fields]
    for position, column, converters in _conversions(model):
        for convert in converters:
            converted[position] = convert(converted[position], column, connection)
    return model.from_db(DEFAULT_DB_ALIAS, names, converted)


def insert(rows: Sequence[Row]) -> None:
    """Insert rows of one model, at least one, in the tenant in scope by one statement.

    Raises NoTenantScope for a row of another tenant. The rows bring their primary keys along.
    """
    model = type(rows[0])
    fields = model._meta.concrete_fields
    # The connection itself, as each field asks it several things that its proxy would pass on one by one.
    database, values = connections[DEFAULT_DB_ALIAS], []
    for row in rows:
        row.make_ready()
        values += [field.get_db_prep_save(field.pre_save(row, add=True), database) for field in fields]
    insert_values(model._meta.db_table, columns_of(model), len(rows), values)
    for row in rows:
        row._state.adding = False


@cache
def _conversions(model: type[models.Model]) -> list[tuple[int, Any, list[Any]]]:
    found = []
    for position, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        converters = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        if converters:
            found.append((position, column, converters))
    return found
