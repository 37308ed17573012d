"""What is over is found by an index; it is made beside the release before (core/concurrently.py)."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('clients', '0005_seals'),
        ('oidc', '0010_backchannelrequest_hint'),
        ('subjects', '0005_reference_moments'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        AddIndexBeside(
            model_name='initialaccesstoken',
            index=models.Index(fields=['expires_at'], name='oidc_initial_token_over'),
        ),
        AddIndexBeside(
            model_name='rememberedconsent',
            index=models.Index(fields=['expires_at'], name='oidc_consent_over'),
        ),
    ]
