"""A table of its own, which the release that runs beside knows nothing of."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('management', '0003_over'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('changes', models.JSONField(default=dict)),
                ('parties', models.JSONField(default=dict)),
                ('saved_by', models.CharField(max_length=120)),
                ('saved_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['saved_at'], name='policy_draft_old')],
                'constraints': [models.UniqueConstraint(fields=('tenant',), name='policy_one_draft')],
            },
        ),
    ]
