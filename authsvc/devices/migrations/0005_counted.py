"""Passkeys that work are counted by an index; it is made beside the release before."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("devices", "0004_receiving_key")]

    operations = [
        AddIndexBeside(
            model_name="device",
            index=models.Index(condition=models.Q(('status', 'active')), fields=['tenant', 'share_kind'], name='device_active'),
        ),
    ]
