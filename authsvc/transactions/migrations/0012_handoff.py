"""A second device may take a transaction over (W2).

A release before, which may run beside this one, does not believe such a row: its seal speaks of columns that
this release adds. Every other row stays as it is.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("transactions", "0011_challenge_word"),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="agent_digest",
            field=models.CharField(blank=True, db_default="", default="", help_text="The same of a phone that took it over.", max_length=64),
        ),
        migrations.AddField(
            model_name="transaction",
            name="agent_path",
            field=models.CharField(blank=True, db_default="", default="", help_text="Where that phone goes at the end.", max_length=300),
        ),
        migrations.AddField(
            model_name="transaction",
            name="stored_handoff",
            field=models.JSONField(db_column="handoff", help_text="Read by `handoff`.", null=True),
        ),
        migrations.AlterField(
            model_name="transaction",
            name="browser_digest",
            field=models.CharField(help_text="SHA-256 of the initiator's cookie, who is the agent too where there is no other.", max_length=64),
        ),
    ]
