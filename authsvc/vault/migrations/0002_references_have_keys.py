"""Each reference's key lies in the key service; what stands in the database opens with it alone.

Wraps of the releases before stay as they are until `manage.py rewrap_references`; the new column may be
left out by a release that runs beside this one.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="devicewrap",
            name="under_key",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="The share is wrapped under the reference's own key too.",
            ),
        ),
        migrations.CreateModel(
            name="DueErasure",
            fields=[
                ("pseudonym", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("tenant", models.UUIDField()),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
