"""A tenant's vault key has a version before it while it is rotated.

A new column that may be empty: the release that runs beside this one neither reads nor needs it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("keys", "0005_keys_of_a_worker")]

    operations = [
        migrations.AddField(
            model_name="vaultkey",
            name="previous",
            field=models.BinaryField(null=True),
        ),
    ]
