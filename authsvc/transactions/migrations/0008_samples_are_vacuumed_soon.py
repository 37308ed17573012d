"""PostgreSQL's own vacuum looks at the table of samples each time it comes by, and so leaves no dead ciphertext.

The scheduled work ran VACUUM itself; for that one has to own the table, and no process does any more.
"""

from django.db import migrations

_SOON = "autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0"
_SETTINGS = ", ".join([_SOON, *(f"toast.{each}" for each in _SOON.split(", "))])


def vacuum_soon(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE transactions_sealedsample SET ({_SETTINGS})")


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0007_seals'),
    ]

    operations = [
        migrations.RunPython(vacuum_soon, migrations.RunPython.noop),
    ]
