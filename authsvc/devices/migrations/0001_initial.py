"""Devices come over from the application of subjects, in name only: nothing happens in the database."""

import authsvc.core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('subjects', '0002_alter_device_status'),
        ('tenancy', '0001_initial'),
    ]

    # The table stays the subjects' one (subjects/0001): a release before this one goes on reading it.
    state_operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.CharField(default=authsvc.core.ids.new_id, editable=False, max_length=24, primary_key=True, serialize=False)),
                ('credential_id', models.CharField(help_text='base64url', max_length=400)),
                ('public_key', models.BinaryField(help_text='COSE key')),
                ('aaguid', models.UUIDField(null=True)),
                ('sign_count', models.PositiveBigIntegerField(default=0)),
                ('syncable', models.BooleanField(default=False, help_text='Backup-eligible: its maker may copy it (swk).')),
                ('attested', models.BooleanField(default=False)),
                ('share_kind', models.CharField(blank=True, help_text='prf or browser', max_length=10)),
                ('simulated', models.BooleanField(default=False)),
                ('name', models.CharField(default='Passkey', max_length=80)),
                ('status', models.CharField(choices=[('pending', 'Enrolment not finished'), ('active', 'Active'), ('revoked', 'Revoked')], default='active', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='subjects.subject')),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.tenant')),
            ],
            options={
                'db_table': 'subjects_device',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'credential_id'), name='device_credential_once')],
            },
        ),
    ]

    operations = [migrations.SeparateDatabaseAndState(state_operations=state_operations)]
