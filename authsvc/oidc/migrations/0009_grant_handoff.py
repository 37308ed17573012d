"""A grant says whether its sign-in was handed on; the release before writes none that was."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("oidc", "0008_sid_for_each_client"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="handoff",
            field=models.CharField(blank=True, db_default="", default="", help_text="The claim `handoff` of the event.", max_length=10),
        ),
    ]
