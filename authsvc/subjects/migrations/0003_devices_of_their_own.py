"""Devices leave for an application of their own, in name only: their table stays (devices/0001)."""

from django.db import migrations


class Migration(migrations.Migration):

    # Whoever points at a device points at the new application's by then.
    dependencies = [
        ('devices', '0001_initial'),
        ('oidc', '0004_devices_of_their_own'),
        ('subjects', '0002_alter_device_status'),
        ('transactions', '0003_devices_of_their_own'),
    ]

    state_operations = [
        migrations.DeleteModel(name='Device'),
    ]

    operations = [migrations.SeparateDatabaseAndState(state_operations=state_operations)]
