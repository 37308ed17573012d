"""A seal on each row (authsvc/seals): null in rows of a release before, until `manage.py seal_rows`."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('memberships', '0003_disabled_and_invited'),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='seal',
            field=models.BinaryField(editable=False, help_text='The portal’s word (authsvc/seals).', null=True),
        ),
    ]
