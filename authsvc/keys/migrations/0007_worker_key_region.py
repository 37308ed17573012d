"""Keys of a worker say in which region it is.

A new column with a default in the database: the release that runs beside this one neither reads nor names it,
and believes keys of a worker whose region is not named.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("keys", "0006_vault_key_before")]

    operations = [
        migrations.AddField(
            model_name="workerkey",
            name="region",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The worker's, which signs it too.",
                max_length=40,
            ),
        ),
    ]
