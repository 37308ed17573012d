"""T10: on PostgreSQL, samples and their keys reach no write-ahead log, and production insists on it."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from authsvc.keys.models import WorkerKey
from authsvc.transactions.models import Capture, Outgoing, SealedSample
from authsvc.transactions.sql import are_logged
from config.safety import UnsafeSettings, refuse_unsafe_database

pytestmark = [pytest.mark.django_db]
postgresql = pytest.mark.needs("postgresql")


def persistence(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE oid = to_regclass(%s)", [table])
        return str(cursor.fetchone()[0])


def set_logged() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE transactions_sealedsample SET LOGGED")


@postgresql
def test_t10_samples_and_their_keys_are_not_logged_and_all_else_is() -> None:
    assert persistence(SealedSample._meta.db_table) == persistence(WorkerKey._meta.db_table) == "u"
    assert persistence(Outgoing._meta.db_table) == "u"
    assert persistence(Capture._meta.db_table) == "p"
    assert not are_logged()


@postgresql
def test_t10_production_refuses_a_database_that_logs_samples() -> None:
    refuse_unsafe_database(production=True)
    set_logged()
    (found,) = run_checks(tags=[Tags.database], databases=["default"])
    assert found.id == "transactions.E001"
    with pytest.raises(UnsafeSettings, match="SET UNLOGGED"):
        refuse_unsafe_database(production=True)
    refuse_unsafe_database(production=False)


def test_sqlite_has_no_log_of_others() -> None:
    if connection.vendor == "sqlite":
        assert not are_logged()
