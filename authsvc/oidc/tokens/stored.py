"""Reading a token together with its grant and its person, in one statement."""

from functools import cache

from django.db import connection

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.oidc.models import Grant, Token
from authsvc.oidc.sql import sql_tenant, sql_time
from authsvc.subjects.models import Subject
from authsvc.tenancy.rows import columns_of, from_row
from authsvc.tenancy.scope import current_tenant_id


def find_token(text: str, kind: str | None = None) -> Token | None:
    """Return the live token of this text: not expired, not revoked, its grant and its person neither."""
    token = _read(text)
    if token is None or kind not in {None, token.kind}:
        return None
    dead = token.revoked_at or token.grant.revoked_at or token.expires_at <= now()
    return None if dead else token


def lock_refresh_token(text: str) -> Token | None:
    """Return the refresh token of this text, spent and revoked ones too, locked until the commit."""
    token = _read(text, lock=True)
    return token if token is not None and token.kind == Token.Kind.REFRESH else None


def mark_spent(token: Token, *, purpose: str, sealed_answer: bytes) -> None:
    """Note that a locked refresh token was spent: when, on what, and with which answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE oidc_token SET spent_at = %s, spent_on = %s, sealed_answer = %s "
            "WHERE tenant_id = %s AND digest = %s",
            [sql_time(now()), purpose, sealed_answer, sql_tenant(), token.digest],
        )


def _read(text: str, *, lock: bool = False) -> Token | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(lock=lock), [secret_hash(text)])
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
    return token


@cache
def _statement(*, lock: bool) -> str:
    # SQLite has one writer at a time and no row locks.
    locking = " FOR UPDATE OF token" if lock and connection.features.has_select_for_update_of else ""
    columns = (columns_of(Token, "token"), columns_of(Grant, "given"), columns_of(Subject, "person"))
    return (
        f"SELECT {', '.join(columns)} FROM oidc_token AS token "  # noqa: S608
        "JOIN oidc_grant AS given ON given.id = token.grant_id "
        "JOIN subjects_subject AS person ON person.id = given.subject_id "
        f"WHERE token.digest = %s{locking}"
    )
