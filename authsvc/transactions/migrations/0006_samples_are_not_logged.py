"""Sealed samples leave no trace in PostgreSQL's write-ahead log, its replicas and its backups.

The table holds a few rows, and each of them for seconds: to write it anew takes no time, beside the running
release too, which reads and writes it as before. Whoever waits longer than three seconds for the table
tries again later: nobody's sign-in waits behind a migration. The new columns may be left out.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def log(kind: str):
    def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("SET LOCAL lock_timeout = '3s'")
            schema_editor.execute(f"ALTER TABLE transactions_sealedsample SET {kind}")

    return apply


class Migration(migrations.Migration):

    dependencies = [("transactions", "0005_own_page")]

    operations = [
        migrations.AddField(
            model_name="capture",
            name="offered_to",
            field=models.JSONField(help_text="Ids of the sample keys that were offered for it.", null=True),
        ),
        migrations.AddField(
            model_name="capture",
            name="judge",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="The one of them that opens it.", max_length=24
            ),
        ),
        migrations.RunPython(log("UNLOGGED"), log("LOGGED")),
    ]
