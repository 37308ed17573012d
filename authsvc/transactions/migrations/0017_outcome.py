"""An attempt says itself why it was refused and what level it reached, so that lists need not look it up.

A release before, which may run beside this one, writes neither: its attempts of that time show as unfinished
where they were refused.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactions", "0016_liveness")]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="refused_for",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why it was last refused, by its code.",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="level",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The level of a sign-in handed over.",
                max_length=4,
            ),
        ),
    ]
