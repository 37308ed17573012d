"""The statements of copying and restoring; every one of this package stands here."""

from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

Opened: TypeAlias = psycopg.Connection[Any]
_OURS: Final = "c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
# Rows that row-level security leaves out for whoever asks: where it is active, a policy has to let all pass.
_HIDDEN: Final = f"""SELECT c.relname::text FROM pg_class c WHERE {_OURS} AND (
        NOT has_table_privilege(c.oid, 'SELECT') OR row_security_active(c.oid) AND NOT EXISTS (
            SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
            AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) = 'true'
            AND (p.polroles = '{{0}}' OR EXISTS (
                SELECT 1 FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(r, 'USAGE')))
        ) OR row_security_active(c.oid) AND EXISTS (
            SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive)
    ) ORDER BY 1"""  # noqa: S608
_CHECKPOINTS: Final = """SELECT DISTINCT ON (t.slug) t.slug, s.note FROM audit_storedcheckpoint s
    JOIN tenancy_tenant t ON t.id = s.tenant_id ORDER BY t.slug, s.size DESC"""


def begin_snapshot(opened: Opened) -> str:
    """Begin to read the database as it is now, and return the name by which `pg_dump` reads the same."""
    opened.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return str(_only(opened, "SELECT pg_export_snapshot()"))


def server_version(opened: Opened) -> int:
    """Return the server's version as PostgreSQL writes it: 150004 is 15.4."""
    return int(_only(opened, "SELECT current_setting('server_version_num')"))


def hidden_tables(opened: Opened) -> list[str]:
    """Return the tables of which the connection's user does not see every row."""
    return [row[0] for row in opened.execute(_HIDDEN).fetchall()]


def tables(opened: Opened) -> list[str]:
    """Return the tables of the database."""
    query = f"SELECT c.relname::text FROM pg_class c WHERE {_OURS} ORDER BY 1"  # noqa: S608
    return [row[0] for row in opened.execute(query).fetchall()]


def counts(opened: Opened) -> dict[str, int]:
    """Return how many rows each table has, as far as the connection's user sees them.

    Without those that PostgreSQL's log leaves out: samples that wait are in no copy (docs/adr/0271).
    """
    logged = f"SELECT c.relname::text FROM pg_class c WHERE {_OURS} AND c.relpersistence = 'p'"  # noqa: S608
    names = [row[0] for row in opened.execute(logged).fetchall()]
    query = sql.SQL("SELECT count(*) FROM {}")
    return {name: int(_only(opened, query.format(sql.Identifier(name)))) for name in names}


def migrations(opened: Opened) -> list[str]:
    """Return the migrations that made the tables, as `app.name`."""
    found = opened.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return [f"{app}.{name}" for app, name in found]


def checkpoints(opened: Opened) -> dict[str, str]:
    """Return the newest checkpoint of each organisation's log, a signed note, by its slug."""
    return dict(opened.execute(_CHECKPOINTS).fetchall())


def is_superuser(opened: Opened) -> bool:
    """Tell whether the connection's user goes around everything; restoring needs that."""
    return bool(_only(opened, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))


def _only(opened: Opened, query: Any) -> Any:
    row = opened.execute(query).fetchone()
    assert row is not None
    return row[0]
