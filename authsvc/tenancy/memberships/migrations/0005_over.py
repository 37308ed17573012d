"""What is over is found by an index; it is made beside the release before (core/concurrently.py)."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('memberships', '0004_invitations_sealed'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        AddIndexBeside(
            model_name='invitation',
            index=models.Index(fields=['expires_at'], name='invitation_over'),
        ),
    ]
