"""Relying parties are listed by name; the index is made beside the release before."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("clients", "0006_removed")]

    operations = [
        AddIndexBeside(
            model_name="relyingparty",
            index=models.Index(fields=['tenant', 'name', 'id'], name='client_by_name'),
        ),
    ]
