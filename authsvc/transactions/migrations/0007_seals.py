"""A seal on each row (authsvc/seals): null in rows of a release before, until `manage.py seal_rows`."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0006_samples_are_not_logged'),
    ]

    operations = [
        migrations.AddField(
            model_name='transaction',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
    ]
