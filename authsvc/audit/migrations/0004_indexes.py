"""Index events as this release reads them, while others write (PostgreSQL builds it beside them)."""

from django.db import migrations, models

INDEXES = {
    "audit_event_order": "(tenant_id, id)",
    "audit_event_tag": "(tenant_id, tag, id DESC)",
    "audit_mac_once": "(mac) WHERE mac IS NOT NULL",
}


def build(_apps, schema_editor):
    """Build the indexes."""
    beside = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
    for name, columns in INDEXES.items():
        unique = "UNIQUE" if name.endswith("_once") else ""
        # One that was broken off half-way is no index.
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")
        schema_editor.execute(f"CREATE {unique} INDEX {beside} {name} ON audit_auditevent {columns}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0003_log")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(build, migrations.RunPython.noop)],
            state_operations=[
                migrations.AddIndex(
                    "auditevent", models.Index(fields=["tenant", "sequence"], name="audit_event_order")
                ),
                migrations.AddIndex(
                    "auditevent", models.Index(fields=["tenant", "tag", "-sequence"], name="audit_event_tag")
                ),
                migrations.AddConstraint(
                    "auditevent",
                    models.UniqueConstraint(
                        fields=["mac"], condition=models.Q(mac__isnull=False), name="audit_mac_once"
                    ),
                ),
            ],
        )
    ]
