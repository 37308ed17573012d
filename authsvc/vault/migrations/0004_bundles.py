"""Digests of what a phone keeps: a new table, which a release that runs beside this one does not know.

That one opens no reference that lies with a phone, and refuses the face of its person.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("tenancy", "0001_initial"),
        ("vault", "0003_moments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bundle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("device", models.CharField(max_length=24)),
                ("moment", models.CharField(max_length=24)),
                ("digest", models.BinaryField(help_text="SHA-256 of what the device keeps.", max_length=32)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "reference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundles",
                        to="vault.reference",
                    ),
                ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reference", "device", "moment"), name="bundle_once_per_device"
                    )
                ],
            },
        ),
    ]
