"""A seal on each row (authsvc/seals): null in rows of a release before, until `manage.py seal_rows`."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('management', '0001_approvals'),
    ]

    operations = [
        migrations.AddField(
            model_name='approval',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
    ]
