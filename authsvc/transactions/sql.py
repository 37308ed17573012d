"""The statements about transactions and samples that the ORM cannot write, or not as one with others."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from psycopg.pq import Format

from authsvc.tenancy.scope import current_tenant_id
from authsvc.tenancy.sql import Once
from authsvc.transactions.models import AttemptCounter, Outgoing, SealedSample, Transaction


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
    return _of(Transaction, name, value)


def _of(model: type[Model], name: str, value: Any) -> Any:
    # As this database takes it.
    field: Any = model._meta.get_field(name)
    return field.get_db_prep_save(value, connection)


def reserve(subject_id: UUID, *, free: int, moment: datetime) -> bool:
    """Put one try more of a person's in flight, and tell whether there was one.

    The first `free` failures leave so many tries at once, those that are in flight being failures; after them
    there is one at a time. There is none while the face is locked or disabled.
    """
    values = {"tenant": current_tenant_id(), "subject": subject_id, "locked_until": moment}
    which = [_of(AttemptCounter, name, value) for name, value in values.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE transactions_attemptcounter SET in_flight = in_flight + 1 "
            "WHERE tenant_id = %s AND subject_id = %s AND NOT disabled "
            "AND (locked_until IS NULL OR locked_until <= %s) "
            "AND (failures < %s AND in_flight < %s - failures OR failures >= %s AND in_flight = 0)",
            [*which, free, free, free],
        )
        return bool(cursor.rowcount)


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
