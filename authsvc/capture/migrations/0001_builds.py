"""The list of builds, with the page of the release before, whose people may have it open."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from authsvc.core.clock import now


def list_the_release_before(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Where there is one: its page names its build, and measures nothing."""
    alias = schema_editor.connection.alias
    if apps.get_model("tenancy", "Tenant").objects.using(alias).exists():
        apps.get_model("capture", "Build").objects.using(alias).create(name="page-1", listed_at=now())


class Migration(migrations.Migration):
    initial = True
    dependencies = [("tenancy", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Build",
            fields=[
                ("name", models.CharField(editable=False, max_length=60, primary_key=True, serialize=False)),
                (
                    "scripts",
                    models.JSONField(
                        default=dict, help_text="SHA-256, base64url, of each script by its name."
                    ),
                ),
                ("listed_at", models.DateTimeField(db_index=True)),
                ("blocked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(list_the_release_before, migrations.RunPython.noop),
    ]
