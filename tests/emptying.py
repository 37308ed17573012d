"""Tables are emptied after each test that commits; what migrating left in the database stays.

Django's `flush` sends `post_migrate` each time: content types, permissions and row-level security are then
made anew as they were, which takes longer than the emptying.
"""

from functools import cache
from typing import Any

from django.core.management.color import no_style
from django.db import connections
from django.test import TransactionTestCase

# What `post_migrate` writes, and no test.
KEPT = {"auth_permission", "django_content_type"}


@cache
def tables(name: str, database: str) -> tuple[str, ...]:
    """Return the tables of our models in a database that are not kept; its models are always the same."""
    found = connections[name].introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(found) - KEPT))


def empty(name: str) -> None:
    """Empty the tables of one of the connections."""
    connection = connections[name]
    given = tables(name, str(connection.settings_dict["NAME"]))
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), given))


def instead_of_flush() -> None:
    """Let every test that commits end with this."""

    def end(case: Any) -> None:
        for name in case._databases_names(include_mirrors=False):
            empty(name)

    TransactionTestCase._fixture_teardown = end  # type: ignore[attr-defined]
