"""`manage.py migrate` makes nobody wait behind it for long, and goes on when a lock is free."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.commands import migrate as djangos
from django.db import OperationalError, connection

from config.management.commands import migrate

pytestmark = pytest.mark.needs("postgresql")
LOCK = "SELECT pg_advisory_xact_lock(4711)"


@pytest.fixture(autouse=True)
def _connected(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The run's database, in no transaction; nothing is written to it."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def somebody() -> Iterator[psycopg.Connection]:
    """Another connection to the same database."""
    found = connection.get_connection_params()
    known = {name: found[name] for name in ("host", "port", "dbname", "user")}
    with psycopg.connect(**known) as other:
        yield other


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """The limits under which the lock was asked for, once a try; Django's own command does nothing else."""
    limits: list[tuple[str, str]] = []

    def handle(self: Any, *_: Any, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            limits.append(cursor.fetchone())
            cursor.execute("BEGIN")
            try:
                cursor.execute(LOCK)
            finally:
                cursor.execute("ROLLBACK")

    monkeypatch.setattr(djangos.Command, "handle", handle)
    yield limits
    connection.close()


def test_a_statement_waits_for_a_lock_no_longer_than_web_waits_for_a_statement(
    asked: list[tuple[str, str]],
) -> None:
    call_command("migrate")
    call_command("migrate", lock_seconds=0.5, statement_seconds=60)
    assert asked == [("2s", "10min"), ("500ms", "1min")]


@pytest.mark.requirement("S9.4-08")
def test_what_found_a_lock_is_tried_again(
    somebody: psycopg.Connection, asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody.execute(LOCK)
    monkeypatch.setattr(migrate, "sleep", lambda _: somebody.rollback())
    call_command("migrate", lock_seconds=0.1)
    assert len(asked) == 2


def test_a_lock_that_nobody_gives_back_ends_it(
    somebody: psycopg.Connection, asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody.execute(LOCK)
    monkeypatch.setattr(migrate, "sleep", lambda _: None)
    monkeypatch.setattr(migrate, "TRIES", 3)
    with pytest.raises(OperationalError, match="lock timeout"):
        call_command("migrate", lock_seconds=0.05)
    assert len(asked) == 3
