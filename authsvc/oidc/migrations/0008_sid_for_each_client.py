"""Each relying party sees a session under a name of its own; and a backchannel request may reach nobody.

The release before writes grants without `sid`, whose tokens name the session's id; what was granted so goes on
to be named so until it ends.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("oidc", "0007_seals"),
        ("subjects", "0003_devices_of_their_own"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="sid",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Its session, as its tokens name it.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="backchannelrequest",
            name="subject",
            field=models.ForeignKey(
                help_text="Nobody where the hint named nobody: nothing says so to the relying party.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="subjects.subject",
            ),
        ),
    ]
