"""A seal on each row (authsvc/seals): null in rows of a release before, until `manage.py seal_rows`."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oidc', '0006_grant_face'),
    ]

    operations = [
        migrations.AddField(
            model_name='backchannelrequest',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='grant',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='initialaccesstoken',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='provider',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='rememberedconsent',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='token',
            name='seal',
            field=models.BinaryField(editable=False, null=True),
        ),
    ]
