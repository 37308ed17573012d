"""Sample keys of a worker, whose private parts lie in its memory; PostgreSQL does not log the table.

A new table: the release that runs beside this one goes on with the old one.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def log(kind: str):
    def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE keys_workerkey SET {kind}")

    return apply


class Migration(migrations.Migration):

    dependencies = [("keys", "0004_task_done")]

    operations = [
        migrations.CreateModel(
            name="WorkerKey",
            fields=[
                ("kid", models.CharField(editable=False, max_length=24, primary_key=True, serialize=False)),
                ("worker", models.CharField(db_index=True, max_length=24)),
                ("public_jwk", models.JSONField()),
                ("signature", models.CharField(max_length=90)),
                ("offered_until", models.DateTimeField()),
                ("kept_until", models.DateTimeField()),
                (
                    "seen_at",
                    models.DateTimeField(help_text="When the worker last said so, by the database's clock."),
                ),
            ],
        ),
        migrations.RunPython(log("UNLOGGED"), log("LOGGED")),
    ]
