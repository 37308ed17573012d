"""What a person is spared when their face is checked: a new table, which the release before does not know."""

import authsvc.core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0002_seals'),
        ('subjects', '0004_seals'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Need',
            fields=[
                ('seal', models.BinaryField(editable=False, null=True)),
                ('id', models.CharField(default=authsvc.core.ids.new_id, editable=False, max_length=24, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('no-light', 'No changing light')], max_length=20)),
                ('by_person', models.BooleanField(help_text='Whether they said so themselves.')),
                ('set_at', models.DateTimeField()),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needs', to='subjects.subject')),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subject', 'kind'), name='need_once')],
            },
        ),
    ]
