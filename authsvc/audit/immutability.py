"""Triggers that make the event table append-only, on both databases."""

from typing import Any

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditevent
FOR EACH ROW EXECUTE FUNCTION audit_append_only();
"""
_SQLITE = [
    f"CREATE TRIGGER audit_no_{action.lower()} BEFORE {action} ON audit_auditevent "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for action in ("UPDATE", "DELETE")
]


def install(_apps: Any, schema_editor: Any) -> None:
    """Install the triggers; a migration calls this."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL)
        return
    for statement in _SQLITE:
        schema_editor.execute(statement)
