"""When a worker began to judge a sample, and when its message was sent again: null in rows of a release before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("transactions", "0013_outgoing")]

    operations = [
        migrations.AddField(
            model_name='capture',
            name='begun_at',
            field=models.DateTimeField(help_text='When a worker last began to judge it.', null=True),
        ),
        migrations.AddField(
            model_name='capture',
            name='sent_again_at',
            field=models.DateTimeField(help_text='When its message was sent a second time.', null=True),
        ),
    ]
