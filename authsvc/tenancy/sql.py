"""The statements about tenants that the ORM cannot write; every one of this package stands here."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


def insert_values(table: str, columns: str, count: int, values: Sequence[Any]) -> None:
    """Insert `count` rows by one statement; `columns` are quoted, `values` all of theirs in turn."""
    # Names come from the model, values are parameters.
    place = f"({', '.join(['%s'] * (len(values) // count))})"
    places = ", ".join([place] * count)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {connection.ops.quote_name(table)} ({columns}) VALUES {places}",  # noqa: S608
            values,
        )


def set_scope(database: BaseDatabaseWrapper, value: str) -> None:
    """Tell PostgreSQL whose rows the statements to come are about."""
    # Not by a cursor of Django's, whose wrapper would come back to its caller.
    with database.wrap_database_errors:
        database.connection.execute("SELECT set_config('visor.tenant', %s, false)", [value])


def unprotected_tables(database: BaseDatabaseWrapper) -> set[str]:
    """Return the tables without forced row-level security."""
    with database.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relforcerowsecurity")
        return {row[0] for row in cursor.fetchall()}


def protect_table(database: BaseDatabaseWrapper, table: str, *, policy: str, every_tenant: str) -> None:
    """Let a table show and take the rows of the scope alone, or all of them in the scope `every_tenant`."""
    rule = (
        "tenant_id::text = current_setting('visor.tenant', true) "
        f"OR current_setting('visor.tenant', true) = '{every_tenant}'"
    )
    name = database.ops.quote_name(table)
    with database.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        cursor.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        cursor.execute(f"CREATE POLICY {policy} ON {name} USING ({rule}) WITH CHECK ({rule})")
