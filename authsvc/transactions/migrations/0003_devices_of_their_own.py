"""Devices are in an application of their own; the foreign keys' table is the same (devices/0001)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0001_initial'),
        ('transactions', '0002_samples_uncompressed'),
    ]

    state_operations = [
        migrations.AlterField(
            model_name='transaction',
            name='device',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='devices.device'),
        ),
    ]

    operations = [migrations.SeparateDatabaseAndState(state_operations=state_operations)]
