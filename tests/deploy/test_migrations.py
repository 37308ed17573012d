"""What a migration says to PostgreSQL is what the release before can live with (django-migration-linter)."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements

from tests.deploy.rendered import ROOT

OURS = ("authsvc.", "portal.", "config.")
BEFORE = Path(__file__).with_name("migrations-before.txt")
"""The migrations of the release before, a line each; they have been run, and are not looked at again."""

# Migrations that the linter does not understand, each with what makes it safe.
EXCUSED: dict[str, str] = {}


def before() -> set[str]:
    return set(BEFORE.read_text(encoding="utf-8").split("\n")) - {""}


def ours() -> dict[str, Migration]:
    found = MigrationLoader(connection, replace_migrations=False).disk_migrations
    named = {f"{app}.{name}": one for (app, name), one in found.items()}
    return {name: one for name, one in named.items() if one.__module__.startswith(OURS)}


@pytest.fixture
def connected(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The run's database, in no transaction: some migrations are for none. Nothing is written to it."""
    with django_db_blocker.unblock():
        yield


@cache
def linter() -> MigrationLinter:
    return MigrationLinter(no_cache=True, no_output=True, analyser_string="postgresql")


def faults(one: Migration) -> list[str]:
    """What the linter says of a migration: what locks or breaks the release that runs."""
    looks = linter()
    statements = looks.get_sql(one.app_label, one.name)
    of_sql, _, _ = analyse_sql_statements(looks.sql_analyser_class, statements)
    of_code, _, _ = looks.analyse_data_migration(one)
    return [f"{issue.code}: {issue.message}" for issue in (*of_sql, *of_code)]


@pytest.mark.needs("postgresql")
@pytest.mark.usefixtures("connected")
def test_the_release_before_lives_with_each_migration_of_this_one() -> None:
    new = {name: one for name, one in ours().items() if name not in before()}
    found = {name: said for name, one in new.items() if (said := faults(one)) and name not in EXCUSED}
    assert found == {}


@pytest.mark.needs("postgresql")
@pytest.mark.usefixtures("connected")
def test_what_the_release_before_could_not_live_with_is_found() -> None:
    """The linter reads our own SQL: the first migration of people has what a later one must not."""
    assert any(faults(one) for name, one in sorted(ours().items()) if name in before())


def test_what_has_been_run_is_still_there() -> None:
    folders = [path for path in ROOT.rglob("migrations") if path.is_dir() and ".venv" not in path.parts]
    names = {path.stem for folder in folders for path in folder.glob("0*.py")}
    assert {line.partition(".")[2] for line in before()} - names == set()
    assert set(EXCUSED) & before() == set()
