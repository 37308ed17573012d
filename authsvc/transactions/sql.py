"""The statements about transactions and samples that the ORM cannot write, or not as one with others."""

from typing import Any

from django.db import connection
from psycopg.pq import Format

from authsvc.tenancy.sql import Once
from authsvc.transactions.models import Outgoing, SealedSample, Transaction


def use_up(row: Transaction) -> Once:
    """Return the change that makes a decided transaction the used one that `row` is: of several one makes it.

    The transaction is over with it, and needs no seal.
    """
    changed = ("state", "ended_at", "level", "stored_evidence")
    values = [_stored(name, getattr(row, name)) for name in changed]
    which = [_stored("tenant", row.tenant_id), row.pk, Transaction.State.DECIDED.value]
    return Once(
        "UPDATE transactions_transaction SET state = %s, ended_at = %s, level = %s, evidence = %s, "
        "seal = NULL WHERE tenant_id = %s AND id = %s AND state = %s RETURNING 1",
        [*values, *which],
    )


def _stored(name: str, value: Any) -> Any:
    # As this database takes it.
    field: Any = Transaction._meta.get_field(name)
    return field.get_db_prep_save(value, connection)


def read_sealed(capture_id: str) -> bytes | None:
    """Return the ciphertext that answers a capture of the tenant in scope, or None where it is erased.

    PostgreSQL hands it over in binary: as text, which Django asks for, a megabyte takes ten times as long.
    """
    found = SealedSample.objects.filter(capture_id=capture_id).values_list("body", flat=True)
    if connection.vendor != "postgresql":
        body = found.first()
        return None if body is None else bytes(body)
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        cursor.execute(*found.query.sql_with_params())
        row = cursor.fetchone()
    return None if row is None else bytes(row[0])


def are_logged() -> bool:
    """Whether the database writes samples, or what goes down to agents, to a log.

    From it replicas and backups are made.
    """
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_class "
            "WHERE oid IN (to_regclass(%s), to_regclass(%s)) AND relpersistence <> 'u'",
            [SealedSample._meta.db_table, Outgoing._meta.db_table],
        )
        return cursor.fetchone() is not None


def reclaim_space() -> None:
    """Let SQLite forget what was deleted, and would otherwise stay in its log; outside any transaction.

    PostgreSQL's own vacuum does so for this table within a minute (migration 0008): no process owns a table.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
