"""A reference may be made of several captures; a release that runs beside this one knows of the first alone."""

import django.db.models.deletion
from django.db import migrations, models

import authsvc.core.ids


class Migration(migrations.Migration):

    dependencies = [
        ("tenancy", "0001_initial"),
        ("vault", "0002_references_have_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Moment",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=authsvc.core.ids.new_id,
                        editable=False,
                        max_length=24,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sealed_template", models.BinaryField()),
                ("quality", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "reference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="moments",
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
            options={"abstract": False},
        ),
    ]
