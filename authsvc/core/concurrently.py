"""Indexes that are made, and dropped, beside a release that runs: nobody waits for them.

A migration that uses these has `atomic = False`, and nothing else in it. Where making one fails, PostgreSQL
leaves an invalid index: drop it by its name, and run the migration again. The limits of `manage.py migrate`
do not hold for them: they take as long as the table is long, and nobody waits behind them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.migrations.operations import AddIndex, RemoveIndex
from django.db.migrations.operations.base import Operation

_LIMITS: Final = ("lock_timeout", "statement_timeout")


class _Beside:
    """An operation that PostgreSQL does without a lock; SQLite, where one writes at a time, as it is."""

    beside: ClassVar[type[Operation]]
    plain: ClassVar[type[Operation]]

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Do it."""
        how: Any = self._how(schema_editor)
        with _without_limits(schema_editor.connection):
            how.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Take it back."""
        how: Any = self._how(schema_editor)
        with _without_limits(schema_editor.connection):
            how.database_backwards(self, app_label, schema_editor, from_state, to_state)

    def _how(self, schema_editor: Any) -> type[Operation]:
        return self.beside if schema_editor.connection.vendor == "postgresql" else self.plain


class AddIndexBeside(_Beside, AddIndexConcurrently):
    """AddIndex, on PostgreSQL without a lock."""

    beside, plain = AddIndexConcurrently, AddIndex


class RemoveIndexBeside(_Beside, RemoveIndexConcurrently):
    """RemoveIndex, on PostgreSQL without a lock."""

    beside, plain = RemoveIndexConcurrently, RemoveIndex


@contextmanager
def _without_limits(connection: Any) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    before = {name: _asked(connection, "SELECT current_setting(%s)", name) for name in _LIMITS}
    for name in _LIMITS:
        _asked(connection, "SELECT set_config(%s, '0', false)", name)
    yield
    for name, value in before.items():
        _asked(connection, "SELECT set_config(%s, %s, false)", name, value)


def _asked(connection: Any, statement: str, *given: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return str(cursor.fetchone()[0])
