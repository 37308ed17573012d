"""A test of a migration has a database of its own: whatever it does to it ends with it, even if it fails.

It goes forward alone, as a database in use does. The way back would not do: SQLite writes a table anew with
the columns that its model has, and so forgets those that are kept beside the model for the release before.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from authsvc.tenancy.rls import install_row_level_security
from config.settings.parts.storage import database
from devtools.stack.stack import own_database

# An application's label, and the name of its last migration; None for nothing of it.
Target = tuple[str, str | None]


class Migrations:
    """What has been migrated how far, in the database that `default` stands for while the test runs."""

    def to(self, targets: Sequence[Target]) -> Any:
        """Migrate to these migrations and what they need, no further; return the models of then."""
        executor = MigrationExecutor(connections["default"])
        models = executor.migrate(list(targets)).apps
        # As after the command `migrate`: later migrations meet the walls that a database in use has.
        install_row_level_security(using="default")
        return models

    def to_latest(self) -> Any:
        """Migrate to this release; return its models."""
        return self.to(MigrationExecutor(connections["default"]).loader.graph.leaf_nodes())


@pytest.fixture
def migrations(tmp_path: Path, django_db_blocker: Any) -> Iterator[Migrations]:
    """An empty database in place of the run's: on its PostgreSQL, or a file of SQLite."""
    shared = connections["default"]
    with own_database() as url, django_db_blocker.unblock():
        own = connections.create_connection("default")
        own.settings_dict = {**own.settings_dict, **database(url or f"sqlite:///{tmp_path / 'own.sqlite3'}")}
        connections["default"] = own
        try:
            yield Migrations()
        finally:
            own.close()
            connections["default"] = shared
