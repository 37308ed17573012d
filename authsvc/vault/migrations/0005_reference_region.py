"""References say in the store of which region they were written.

A new column with a default in the database: the release that runs beside this one neither reads nor names it.
It opens what was written where no region is named, and refuses the rest.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("vault", "0004_bundles")]

    operations = [
        migrations.AddField(
            model_name="reference",
            name="region",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of the store it was written to; what is sealed is bound to it.",
                max_length=40,
            ),
        ),
    ]
