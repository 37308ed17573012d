"""What a worker leaves for one agent: a new table, which a release that runs beside this one does not know.

It leaves no trace in PostgreSQL's write-ahead log, its replicas and its backups, and its own vacuum comes by
each time, as with the samples (0006, 0008).
"""

import django.db.models.deletion
from django.db import migrations, models

_TABLE = "transactions_outgoing"
_SOON = "autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0"
_SETTINGS = ", ".join([_SOON, *(f"toast.{each}" for each in _SOON.split(", "))])


def leave_no_trace(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE {_TABLE} SET UNLOGGED")
        schema_editor.execute(f"ALTER TABLE {_TABLE} SET ({_SETTINGS})")


class Migration(migrations.Migration):

    dependencies = [
        ("tenancy", "0001_initial"),
        ("transactions", "0012_handoff"),
    ]

    operations = [
        migrations.CreateModel(
            name="Outgoing",
            fields=[
                (
                    "capture",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="outgoing",
                        serialize=False,
                        to="transactions.capture",
                    ),
                ),
                ("body", models.BinaryField(help_text="A compact JWE; docs/protocol.md section 6.")),
                ("expires_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="transaction_expires_44517b_idx")],
            },
        ),
        migrations.RunPython(leave_no_trace, migrations.RunPython.noop),
    ]
