"""What is over is found by an index; it is made beside the release before (core/concurrently.py)."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('management', '0002_seals'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        AddIndexBeside(
            model_name='approval',
            index=models.Index(fields=['expires_at'], name='approval_over'),
        ),
    ]
