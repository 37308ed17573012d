"""Triggers that make the event table append-only, on both databases; there are those who may drop them.

And the one way past them that a process has: to delete what is old enough (docs/adr/0416).

An event is old enough to go after thirteen months. What is personal of one can be taken out together with
its salt, and nothing be put in its place. Who may do either is said by grants (docs/adr/0413).
"""

from typing import Any, Final

from authsvc.tenancy.open_work import SCHEDULED
from authsvc.tenancy.scope import EVERY_TENANT

MONTHS: Final = 13
_TABLE: Final = "audit_auditevent"
# What an erasure may change, and to what; every other column stays.
_EMPTIED: Final = {"actor": "''", "transaction": "''", "subject": "''", "details": "'{}'", "salt": "NULL"}
_OLD: Final = {"previous": "''", "digest": "''"}
_KEPT: Final = ("id", "tenant_id", "at", "tag", "client", "reason", "mac", "sequence")

_POSTGRESQL: Final = f"""
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '{MONTHS} months' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND
        ROW({", ".join(f"NEW.{name}" for name in _KEPT)})
            IS NOT DISTINCT FROM ROW({", ".join(f"OLD.{name}" for name in _KEPT)})
        AND NEW.actor = '' AND NEW.transaction = '' AND NEW.subject = '' AND NEW.details = '{{}}'
        AND NEW.salt IS NULL AND NEW.previous = '' AND NEW.digest = '' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
DROP TRIGGER IF EXISTS audit_append_only ON {_TABLE};
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON {_TABLE}
FOR EACH ROW EXECUTE FUNCTION audit_append_only();
DROP TRIGGER IF EXISTS audit_no_truncate ON {_TABLE};
CREATE OR REPLACE FUNCTION audit_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {_TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION audit_no_truncate();
"""
_SAME: Final = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in _KEPT)
_EMPTY: Final = " AND ".join(f'NEW."{name}" IS {value}' for name, value in (_EMPTIED | _OLD).items())
_SQLITE: Final = {
    "audit_no_update": f"BEFORE UPDATE ON {_TABLE} WHEN NOT ({_SAME} AND {_EMPTY})",
    "audit_no_delete": f"BEFORE DELETE ON {_TABLE} WHEN OLD.at >= datetime('now', '-{MONTHS} months')",
}


def install(_apps: Any, schema_editor: Any) -> None:
    """Install the triggers; a migration calls this."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL)
        return
    for name, when in _SQLITE.items():
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
        schema_editor.execute(
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )


PRUNING: Final = "visor_prune_log"
"""The function of the database that deletes a tenant's events below a position of its log."""
# The trigger refuses what is younger, and with it the whole call. What places an event goes when it is gone.
_PRUNING: Final = f"""
DO $do$ BEGIN EXECUTE format($function$
CREATE OR REPLACE FUNCTION {PRUNING}(whose uuid, below bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = %I, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('visor.tenant', true), '');
    went bigint;
BEGIN
    PERFORM set_config('visor.tenant', '{EVERY_TENANT}', false);
    DELETE FROM {_TABLE} WHERE id IN
        (SELECT p.event FROM audit_position p WHERE p.tenant_id = whose AND p.position < below);
    GET DIAGNOSTICS went = ROW_COUNT;
    -- Each statement sees what was committed before it: what came since the first one keeps place and leaf.
    DELETE FROM audit_position p WHERE p.tenant_id = whose AND p.position < below
        AND NOT EXISTS (SELECT 1 FROM {_TABLE} e WHERE e.id = p.event);
    DELETE FROM audit_segment s WHERE s.tenant_id = whose AND s.first + s.count <= least(below,
        coalesce((SELECT min(p.position) FROM audit_position p WHERE p.tenant_id = whose), below));
    PERFORM set_config('visor.tenant', before, false);
    RETURN went;
END $$
$function$, current_schema); END $do$;
REVOKE ALL ON FUNCTION {PRUNING}(uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {PRUNING}(uuid, bigint) TO {SCHEDULED};
"""  # noqa: S608


def install_pruning(_apps: Any, schema_editor: Any) -> None:
    """Make the function that deletes old events; a migration calls this."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_PRUNING, params=None)
