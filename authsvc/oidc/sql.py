"""The provider's statements that the ORM cannot write, or cannot write fast enough (docs/adr/0130).

Each is one statement of a constant text, so that PostgreSQL prepares it; the columns come from the models.
The tenant stands in each, or is held against the row that came.
"""

from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection

from authsvc.devices.models import Device
from authsvc.oidc.models import BackchannelRequest, Grant, Session, Token
from authsvc.seals.rows import SealedRow, believed
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.rows import columns_of, from_row
from authsvc.tenancy.scope import current_tenant_id
from authsvc.tenancy.sql import Change, Once

Row = TypeVar("Row", bound=SealedRow)


def note_used(names: dict[str, datetime]) -> set[str]:
    """Note digests as used, each until its time, and return those that were not noted before.

    The insert itself decides, so two parallel uses cannot both be the first.
    """
    places = ", ".join(["(%s, %s, %s)"] * len(names))
    values = [value for digest, until in names.items() for value in (digest, _tenant(), _time(until))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO oidc_usedonce (digest, tenant_id, expires_at) VALUES {places} "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING digest",
            values,
        )
        return {row[0] for row in cursor.fetchall()}


def open_grant(code_digest: str) -> Grant | None:
    """Return the grant of a code; None where it is unknown or redeemed, or the seal does not hold."""
    with connection.cursor() as cursor:
        # The tenant stands in the condition as a scoped manager would put it.
        cursor.execute(
            f"SELECT {columns_of(Grant)} FROM oidc_grant "  # noqa: S608
            "WHERE tenant_id = %s AND code_digest = %s AND code_redeemed_at IS NULL",
            [_tenant(), code_digest],
        )
        row = cursor.fetchone()
    return _believed(from_row(Grant, row)) if row else None


def redemption(grant: Grant, moment: datetime) -> Once:
    """Return the change that marks a grant's code redeemed: of any number of tries one makes it."""
    return Once(
        "UPDATE oidc_grant SET code_redeemed_at = %s "
        "WHERE tenant_id = %s AND code_digest = %s AND code_redeemed_at IS NULL RETURNING 1",
        [_time(moment), _tenant(), grant.code_digest],
    )


def redemption_of_request(row: BackchannelRequest, moment: datetime) -> Once:
    """Return the same of a request without a browser, which is over with it and needs no seal."""
    return Once(
        "UPDATE oidc_backchannelrequest SET redeemed_at = %s, seal = NULL "
        "WHERE tenant_id = %s AND id = %s AND redeemed_at IS NULL RETURNING 1",
        [_time(moment), _tenant(), row.pk],
    )


def use_of_pushed(digest: str, moment: datetime) -> Once:
    """Return the change that uses a pushed request up."""
    return Once(
        "UPDATE oidc_pushedrequest SET used_at = %s "
        "WHERE tenant_id = %s AND digest = %s AND used_at IS NULL RETURNING 1",
        [_time(moment), _tenant(), digest],
    )


def live_session(digest: str, since: datetime) -> Session | None:
    """Return the session of a cookie with its person and its device, in one statement.

    None where it is unknown, ended, or begun before `since`, where its person is not active or its device
    was revoked, and where the seal of one of the three does not hold.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _session_statement(),
            [_tenant(), digest, _time(since), Subject.Status.ACTIVE, Device.Status.REVOKED],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    subjects, devices = (len(model._meta.concrete_fields) for model in (Subject, Device))
    session = from_row(Session, row[: -subjects - devices])
    session.subject = from_row(Subject, row[-subjects - devices : -devices])
    if session.device_id is None:
        return _believed(session)
    if not any(row[-devices:]):
        return None  # not there, which no row of ours comes to
    session.device = from_row(Device, row[-devices:])
    return _believed(session)


@cache
def _session_statement() -> str:
    columns = (columns_of(Session, "session"), columns_of(Subject, "person"), columns_of(Device, "device"))
    return (
        f"SELECT {', '.join(columns)} FROM oidc_session AS session "  # noqa: S608
        "JOIN subjects_subject AS person ON person.id = session.subject_id "
        "LEFT JOIN subjects_device AS device ON device.id = session.device_id "
        "WHERE session.tenant_id = %s AND session.digest = %s AND session.ended_at IS NULL "
        "AND session.authenticated_at > %s AND person.status = %s "
        "AND (device.status IS NULL OR device.status <> %s)"
    )


def use_of_session(session: Session, moment: datetime) -> Change:
    """Return the change that lets a session's rest begin anew; one that was made meanwhile stands."""
    before = session.sealed_with(last_used_at=moment)
    assert before is not None
    assert session.seal is not None
    return Change(
        "UPDATE oidc_session SET last_used_at = %s, seal = %s WHERE tenant_id = %s AND id = %s AND seal = %s",
        [_time(moment), bytes(session.seal), _tenant(), session.pk, bytes(before)],
    )


def make(change: Once) -> bool:
    """Make a change with which nothing is inserted, and tell whether it found its row."""
    with connection.cursor() as cursor:
        cursor.execute(change.statement, change.values)
        return cursor.fetchone() is not None


def read_token(digest: str, *, lock: bool = False) -> Token | None:
    """Return a token with its grant and its person, in one statement; locked until the commit if asked.

    None where the seal of one of the three does not hold.
    """
    with connection.cursor() as cursor:
        cursor.execute(_token_statement(lock=lock), [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    grants, subjects = (len(model._meta.concrete_fields) for model in (Grant, Subject))
    token = from_row(Token, row[: -grants - subjects])
    # Not in the statement: while a table is new, PostgreSQL would go through all of the tenant's tokens.
    if token.tenant_id != current_tenant_id():
        return None
    token.grant = from_row(Grant, row[-grants - subjects : -subjects])
    token.grant.subject = from_row(Subject, row[-subjects:])
    return _believed(token)


def spending(token: Token, *, sealed_answer: bytes) -> Once:
    """Return the change that spends a refresh token as it says of itself, and notes with which answer.

    Of any number of tries one makes it, and none once the token is revoked.
    """
    assert token.spent_at is not None
    assert token.seal is not None
    return Once(
        "UPDATE oidc_token SET spent_at = %s, spent_on = %s, sealed_answer = %s, seal = %s "
        "WHERE tenant_id = %s AND digest = %s AND spent_at IS NULL AND revoked_at IS NULL RETURNING 1",
        [
            *(_time(token.spent_at), token.spent_on, sealed_answer, bytes(token.seal)),
            *(_tenant(), token.digest),
        ],
    )


def _believed(row: Row) -> Row | None:
    return row if believed(row) else None


@cache
def _token_statement(*, lock: bool) -> str:
    # SQLite has one writer at a time and no row locks.
    locking = " FOR UPDATE OF token" if lock and connection.features.has_select_for_update_of else ""
    columns = (columns_of(Token, "token"), columns_of(Grant, "given"), columns_of(Subject, "person"))
    return (
        f"SELECT {', '.join(columns)} FROM oidc_token AS token "  # noqa: S608
        "JOIN oidc_grant AS given ON given.id = token.grant_id "
        "JOIN subjects_subject AS person ON person.id = given.subject_id "
        f"WHERE token.digest = %s{locking}"
    )


# As this database stores both; PostgreSQL takes them as they are.
def _time(moment: datetime) -> Any:
    return moment if _is_postgresql() else connection.ops.adapt_datetimefield_value(moment)


def _tenant() -> Any:
    tenant_id = current_tenant_id()
    return tenant_id if _is_postgresql() else Tenant._meta.pk.get_db_prep_value(tenant_id, connection)


@cache
def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"
