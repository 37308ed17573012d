"""Tables are emptied after each test that commits; what migrating left in the database stays.

Django's `flush` sends `post_migrate` each time: content types, permissions and row-level security are then
made anew as they were, which takes longer than the emptying.
"""

from functools import cache
from typing import Any

from django.core.management.color import no_style
from django.db import OperationalError, connections
from django.test import TransactionTestCase

# What `post_migrate` writes, and no test.
KEPT = {"auth_permission", "django_content_type"}
TRIES = 5
DEADLOCK = "40P01"


@cache
def tables(name: str, database: str) -> tuple[str, ...]:
    """Return the tables of our models in a database that are not kept; its models are always the same."""
    found = connections[name].introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(found) - KEPT))


def empty(name: str) -> None:
    """Empty the tables of one of the connections."""
    connection = connections[name]
    given = tables(name, str(connection.settings_dict["NAME"]))
    statements = connection.ops.sql_flush(no_style(), given)
    if connection.vendor == "postgresql":
        # Nobody empties the log but its owner, who takes the trigger off first.
        log = "ALTER TABLE audit_auditevent {} TRIGGER audit_no_truncate"
        statements = [log.format("DISABLE"), *statements, log.format("ENABLE")]
    for left in reversed(range(TRIES)):
        try:
            connection.ops.execute_sql_flush(statements)
            return
        except OperationalError as problem:
            # What a page asked for last may be at work still, and hold what the emptying waits for.
            if not left or getattr(problem.__cause__, "sqlstate", "") != DEADLOCK:
                raise


def instead_of_flush() -> None:
    """Let every test that commits end with this."""

    def end(case: Any) -> None:
        for name in case._databases_names(include_mirrors=False):
            empty(name)

    TransactionTestCase._fixture_teardown = end  # type: ignore[attr-defined]
