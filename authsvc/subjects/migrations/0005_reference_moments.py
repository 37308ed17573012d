"""The captures that a person's reference is made of; null in rows of a release that knew of one alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("subjects", "0004_seals")]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="reference_moments",
            field=models.JSONField(help_text="Read by vault/ageing.py.", null=True),
        ),
    ]
