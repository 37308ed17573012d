"""A seal on each row (authsvc/seals): null in rows of a release before, until `manage.py seal_rows`."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subjects', '0003_devices_of_their_own'),
    ]

    operations = [
        migrations.AddField(
            model_name='subject',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
    ]
