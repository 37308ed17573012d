from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oidc", "0005_one_outbox")]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="face",
            field=models.JSONField(help_text="The claim `face` of the event; none without one.", null=True),
        ),
    ]
