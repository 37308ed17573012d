"""Sessions of liveness are a kind of their own; the column stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("transactions", "0015_over")]

    operations = [
        migrations.AlterField(
            model_name="transaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("authenticate", "Sign in"),
                    ("enrol", "Enrol"),
                    ("bind", "Add a passkey"),
                    ("own-page", "Open the own page"),
                    ("recover", "Recover"),
                    ("renew", "Renew the face"),
                    ("liveness", "Liveness for a site"),
                ],
                max_length=15,
            ),
        ),
    ]
