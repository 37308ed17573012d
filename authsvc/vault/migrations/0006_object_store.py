"""Parts of references may lie in an object store (docs/adr/0450).

New columns with a default in the database, and a new table: the release that runs beside this one neither
reads nor names them. What lies outside it does not open, so the store is chosen once it has ended.
"""

import authsvc.core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0005_reference_region'),
    ]

    operations = [
        migrations.CreateModel(
            name='DueObject',
            fields=[
                ('name', models.CharField(max_length=43, primary_key=True, serialize=False)),
                ('tenant', models.UUIDField()),
                ('part', models.CharField(blank=True, default='', max_length=24)),
                ('due_at', models.DateTimeField(default=authsvc.core.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name='moment',
            name='digest',
            field=models.BinaryField(db_default=b'', default=b'', help_text='SHA-256 of what was put there.', max_length=32),
        ),
        migrations.AddField(
            model_name='moment',
            name='object_name',
            field=models.CharField(blank=True, db_default='', default='', help_text='The random name under which the object store has it; empty where the row does.', max_length=43),
        ),
        migrations.AddField(
            model_name='reference',
            name='digest',
            field=models.BinaryField(db_default=b'', default=b'', help_text='SHA-256 of what was put there.', max_length=32),
        ),
        migrations.AddField(
            model_name='reference',
            name='object_name',
            field=models.CharField(blank=True, db_default='', default='', help_text='The random name under which the object store has it; empty where the row does.', max_length=43),
        ),
    ]
