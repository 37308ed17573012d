"""Make the chain a Merkle log (docs/adr/0410); the release before goes on writing its chain beside it.

No column is taken away and none is demanded: what the release before writes has no MAC, and is taken into the
log when scheduled work of this release begins.
"""

import django.db.models.deletion
from django.db import migrations, models

from authsvc.audit.immutability import install


def _drop_triggers(_apps, schema_editor):
    """Drop the triggers of SQLite, which makes a table anew to change a column, and copies its rows."""
    if schema_editor.connection.vendor != "postgresql":
        for action in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS audit_no_{action}")


def _tenant():
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="tenancy.tenant",
    )


def _table(name, fields, unique, constraint):
    return migrations.CreateModel(
        name=name,
        fields=[
            *fields,
            ("tenant", _tenant()),
        ],
        options={"constraints": [models.UniqueConstraint(fields=unique, name=constraint)]},
    )


def _id():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("tenancy", "0001_initial")]

    operations = [
        migrations.RunPython(_drop_triggers, migrations.RunPython.noop),
        migrations.AlterModelOptions(name="auditevent", options={}),
        migrations.RemoveConstraint("auditevent", "audit_sequence_once"),
        migrations.RemoveIndex("auditevent", "audit_audit_tenant__fd68ea_idx"),
        migrations.AlterField(
            "auditevent", "sequence", models.PositiveBigIntegerField(db_column="sequence", default=0, editable=False)
        ),
        migrations.RenameField("auditevent", "sequence", "old_sequence"),
        migrations.AlterField(
            "auditevent",
            "id",
            models.BigAutoField(db_column="id", primary_key=True, serialize=False),
        ),
        migrations.RenameField("auditevent", "id", "sequence"),
        migrations.AlterField("auditevent", "previous", models.CharField(blank=True, editable=False, max_length=64)),
        migrations.AlterField("auditevent", "digest", models.CharField(blank=True, editable=False, max_length=64)),
        migrations.AlterField("auditevent", "tenant", _tenant()),
        migrations.AddField("auditevent", "salt", models.BinaryField(null=True)),
        migrations.AddField("auditevent", "mac", models.BinaryField(null=True)),
        migrations.AlterModelOptions(name="auditevent", options={"ordering": ["sequence"]}),
        _table(
            "Log",
            [
                _id(),
                ("origin", models.CharField(max_length=300)),
                ("floor", models.BigIntegerField(default=0)),
                ("next_floor", models.BigIntegerField(default=0)),
                ("next_floor_at", models.DateTimeField(null=True)),
                ("next_floor_snapshot", models.BigIntegerField(default=0)),
            ],
            ["tenant"],
            "audit_one_log_per_tenant",
        ),
        _table(
            "Position",
            [
                ("event", models.BigIntegerField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
            ],
            ["tenant", "position"],
            "audit_position_once",
        ),
        _table(
            "Segment",
            [
                _id(),
                ("first", models.BigIntegerField()),
                ("count", models.PositiveSmallIntegerField()),
                ("leaves", models.BinaryField()),
            ],
            ["tenant", "first"],
            "audit_segment_once",
        ),
        _table(
            "StoredTile",
            [
                _id(),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
                ("root", models.BinaryField()),
            ],
            ["tenant", "level", "index"],
            "audit_tile_once",
        ),
        _table(
            "StoredCheckpoint",
            [
                _id(),
                ("size", models.BigIntegerField()),
                ("note", models.TextField()),
                ("cosignatures", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            ["tenant", "size"],
            "audit_checkpoint_once",
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
