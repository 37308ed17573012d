"""PostgreSQL is told which reasons go with which tags.

Most reasons are of one tag alone. Not told so, it takes the events of both for a hundredth of what they are,
and reads and sorts all of them for one page instead of the newest few (docs/adr/0540). Neither statement keeps
anybody from reading or writing.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def tell(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _said(schema_editor, "CREATE STATISTICS audit_event_tag_reason (mcv) ON tag, reason FROM audit_auditevent")
    _said(schema_editor, "ANALYZE audit_auditevent")


def forget(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _said(schema_editor, "DROP STATISTICS audit_event_tag_reason")


def _said(schema_editor: BaseDatabaseSchemaEditor, statement: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_found_by")]

    operations = [migrations.RunPython(tell, forget)]
