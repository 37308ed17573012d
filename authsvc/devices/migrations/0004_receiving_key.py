from django.db import migrations, models


class Migration(migrations.Migration):
    """A column that a release before knows nothing of, and leaves empty."""

    dependencies = [("devices", "0003_recovery")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="receiving_key",
            field=models.JSONField(
                help_text="The phone's own public P-256 JWK, by which it gets references to compare.",
                null=True,
            ),
        ),
    ]
