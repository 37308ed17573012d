"""A seal on each row (authsvc/seals): null in rows of a release before, until `manage.py seal_rows`."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0004_extra_settings'),
    ]

    operations = [
        migrations.AddField(
            model_name='clientsecret',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='relyingparty',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
    ]
