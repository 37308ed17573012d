"""Make the event table append-only."""

from django.db import migrations

from authsvc.audit.immutability import install


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
