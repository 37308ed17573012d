"""A second kind of need; nothing changes in the database, and the release before leaves its rows alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0003_need'),
    ]

    operations = [
        migrations.AlterField(
            model_name='need',
            name='kind',
            field=models.CharField(choices=[('no-light', 'No changing light'), ('no-turn', 'No turning of the head')], max_length=20),
        ),
    ]
