"""The statements about events and their log that the ORM cannot write, or not as fast."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Field

from authsvc.audit.immutability import PRUNING
from authsvc.audit.leaves import PERSONAL, PLAIN
from authsvc.audit.models import AuditEvent, Position, Segment, StoredCheckpoint

# What a leaf is made of, and what is checked against it.
COLUMNS: Final = ("sequence", "at", *PERSONAL, *PLAIN, "salt", "mac", "digest")
Row = dict[str, Any]
Query = tuple[str, Sequence[Any]]
"""A statement that gives rows, and its values."""


def insert(event: AuditEvent) -> None:
    """Store an event by one plain statement, and set its number: no row is locked for it."""
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in _own_fields()]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(), values)
        (event.sequence,) = cursor.fetchone()
    event._state.adding = False


@cache
def _own_fields() -> "list[Field[Any, Any]]":
    return [field for field in AuditEvent._meta.concrete_fields if not field.primary_key]


@cache
def _insertion() -> str:
    # Names come from the model, values are parameters.
    own = ", ".join(connection.ops.quote_name(str(field.column)) for field in _own_fields())
    places = ", ".join(["%s"] * len(_own_fields()))
    return f"INSERT INTO audit_auditevent ({own}) VALUES ({places}) RETURNING id"  # noqa: S608


def waiting(tenant_id: UUID, *, above: int, limit: int) -> list[Row]:
    """Return a tenant's events above a number that are not in its log, in their order."""
    where = """tenant_id = %s AND id > %s AND NOT EXISTS
        (SELECT 1 FROM audit_position p WHERE p.event = audit_auditevent.id)"""
    return list(_events(f"{where} ORDER BY id LIMIT %s", [tenant_id, above, limit]))


def bearing(macs: Sequence[bytes]) -> int:
    """Return how many events bear one of these MACs."""
    # By the MAC alone: of a young table without statistics PostgreSQL would read all that the tenant has. And
    # as one value: each of thousands of parameters costs more than the look at its row.
    if connection.vendor != "postgresql":
        return AuditEvent._base_manager.filter(mac__in=macs).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditevent WHERE mac = ANY(%s)", [list(macs)])
        return int(cursor.fetchone()[0])


def counts(queries: Sequence[Query | None]) -> list[int]:
    """Return how many rows each of some queries gives, in one statement; None gives none."""
    asked = [query for query in queries if query is not None]
    if not asked:
        return [0] * len(queries)
    # One that is cut short stops counting there.
    parts = ", ".join(f"(SELECT count(*) FROM ({statement}) counted)" for statement, _ in asked)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {parts}", [value for _, values in asked for value in values])
        found = iter(cursor.fetchone())
    return [0 if query is None else int(next(found)) for query in queries]


def newest(tenant_id: UUID) -> int:
    """Return the number of a tenant's newest event, 0 where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM audit_auditevent WHERE tenant_id = %s", [_bound(tenant_id)])
        return int(cursor.fetchone()[0] or 0)


def snapshot() -> tuple[int, int]:
    """Return the oldest transaction that is open, and the next one; where one writes at a time, the same."""
    if connection.vendor != "postgresql":
        return 1, 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now_is)::text, pg_snapshot_xmax(now_is)::text"
            " FROM pg_current_snapshot() now_is"
        )
        oldest, following = cursor.fetchone()
        return int(oldest), int(following)


def at_positions(tenant_id: UUID, first: int, below: int) -> list[tuple[int, int, Row | None]]:
    """Return position, number and row of the events from one position on; a row that is gone is None."""
    columns = ", ".join(_columns("e"))
    # By the number alone: of a young table without statistics PostgreSQL would read all that the tenant has.
    query = f"""SELECT p.position, p.event, {columns} FROM audit_position p
        LEFT JOIN audit_auditevent e ON e.id = p.event
        WHERE p.tenant_id = %s AND p.position >= %s AND p.position < %s ORDER BY p.position"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [_bound(tenant_id), first, below])
        found = cursor.fetchall()
    return [(each[0], each[1], None if each[2] is None else _row(each[2:])) for each in found]


_STORE: Final = """
WITH placed AS (
  INSERT INTO audit_position (event, tenant_id, position)
  SELECT number, %(tenant)s, %(first)s + place - 1
  FROM unnest(%(events)s::bigint[]) WITH ORDINALITY AS given (number, place)
), kept AS (
  INSERT INTO audit_segment (tenant_id, first, count, leaves)
  SELECT %(tenant)s, begin, number, content
  FROM unnest(%(firsts)s::bigint[], %(counts)s::smallint[], %(leaves)s::bytea[])
    AS given (begin, number, content)
)
INSERT INTO audit_storedcheckpoint (tenant_id, size, note, cosignatures, at)
VALUES (%(tenant)s, %(size)s, %(note)s, '', %(at)s) RETURNING id
"""


def store(events: Sequence[int], segments: Sequence[Segment], checkpoint: StoredCheckpoint) -> None:
    """Store where events stand in the log of the tenant in scope, their leaves, and the checkpoint over them.

    By one statement on PostgreSQL: each statement is a wait for the server, for every tenant in turn.
    """
    checkpoint.stamp_tenant()
    first = segments[0].first
    if connection.vendor != "postgresql":
        tenant_id = _bound(checkpoint.tenant_id)
        rows = [(number, tenant_id, first + place) for place, number in enumerate(events)]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO audit_position (event, tenant_id, position) VALUES (%s, %s, %s)", rows
            )
        Segment.objects.bulk_create(segments)
        checkpoint.save()
        return
    given: dict[str, Any] = {
        "tenant": checkpoint.tenant_id,
        "first": first,
        "events": list(events),
        "firsts": [each.first for each in segments],
        "counts": [each.count for each in segments],
        "leaves": [each.leaves for each in segments],
        "size": checkpoint.size,
        "note": checkpoint.note,
        "at": checkpoint.at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, given)
        (checkpoint.pk,) = cursor.fetchone()
    checkpoint._state.adding = False


def delete_below(tenant_id: UUID, position: int) -> int:
    """Delete a tenant's events below a position, with what places them; return how many.

    On PostgreSQL by a function of the tables' owner, since no process may delete (immutability.py). One that
    is too young keeps all of them.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {PRUNING}(%s, %s)", [tenant_id, position])
            return int(cursor.fetchone()[0])
    with transaction.atomic():
        places = Position.objects.filter(position__lt=position)
        count, _ = AuditEvent.objects.filter(pk__in=places.values("event")).delete()
        places.delete()
        Segment.objects.filter(first__lt=position).delete()
        return count


def _events(where: str, values: Iterable[Any]) -> Iterator[Row]:
    query = f"SELECT {', '.join(_columns())} FROM audit_auditevent WHERE {where}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [_bound(value) for value in values])
        for found in cursor.fetchall():
            yield _row(found)


@cache
def _columns(table: str = "audit_auditevent") -> tuple[str, ...]:
    fields = [AuditEvent._meta.get_field(name) for name in COLUMNS]
    quoted = [connection.ops.quote_name(str(field.column)) for field in fields]  # type: ignore[union-attr]
    named = {name: f"{table}.{column}" for name, column in zip(COLUMNS, quoted, strict=True)}
    if connection.vendor == "postgresql":
        # As leaves have it: a check of the whole log need not read each time and write it again.
        iso = 'YYYY-MM-DD"T"HH24:MI:SS.US'
        named["at"] = f"to_char({table}.at AT TIME ZONE 'UTC', '{iso}') || '+00:00'"
    return tuple(named.values())


def _row(found: Sequence[Any]) -> Row:
    row = dict(zip(COLUMNS, found, strict=True))
    for name, convert in _conversions():
        row[name] = convert(row[name])
    return row


@cache
def _conversions() -> list[tuple[str, Any]]:
    """How columns of a cursor come to be what the model has; PostgreSQL's driver has done most of it."""
    found = []
    for name in ("details", "salt", "mac", *(() if connection.vendor == "postgresql" else ("at",))):
        field: Any = AuditEvent._meta.get_field(name)
        converters = [
            *connection.ops.get_db_converters(field.get_col("")),
            *field.get_db_converters(connection),
        ]
        if converters:
            found.append((name, _in_turn(converters, field)))
    return found


def _in_turn(converters: Sequence[Any], field: Any) -> Any:
    column = field.get_col("")

    def convert(value: Any) -> Any:
        for each in converters:
            value = each(value, column, connection)
        return value

    return convert


def _bound(value: Any) -> Any:
    """Return a value as the database takes it: SQLite keeps an id as text."""
    return value.hex if isinstance(value, UUID) and connection.vendor != "postgresql" else value
