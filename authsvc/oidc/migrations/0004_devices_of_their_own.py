"""Devices are in an application of their own; the foreign keys' table is the same (devices/0001)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0001_initial'),
        ('oidc', '0003_backchannel_request'),
    ]

    state_operations = [
        migrations.AlterField(
            model_name='grant',
            name='device',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='devices.device'),
        ),
        migrations.AlterField(
            model_name='session',
            name='device',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='devices.device'),
        ),
    ]

    operations = [migrations.SeparateDatabaseAndState(state_operations=state_operations)]
