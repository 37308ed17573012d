"""What is over is found by an index; it is made beside the release before (core/concurrently.py)."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0004_sessions_and_recovery_codes'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        AddIndexBeside(
            model_name='sentform',
            index=models.Index(fields=['sent_at'], name='sent_form_over'),
        ),
    ]
