"""What is over is found by an index; it is made beside the release before (core/concurrently.py)."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolment', '0003_recovery'),
        ('subjects', '0005_reference_moments'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        AddIndexBeside(
            model_name='enrolmentlink',
            index=models.Index(fields=['expires_at'], name='link_over'),
        ),
    ]
