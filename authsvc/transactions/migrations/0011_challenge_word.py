"""A challenge bears the web's word; one that a release before drew has none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("transactions", "0010_renewal")]

    operations = [
        migrations.AddField(
            model_name="capture",
            name="challenge_word",
            field=models.BinaryField(
                editable=False, help_text="The web drew it: its word.", null=True
            ),
        ),
    ]
