"""Let scheduled work delete events that are old enough, by a function of the tables' owner (docs/adr/0416)."""

from django.db import migrations

from authsvc.audit.immutability import install_pruning


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_indexes")]

    operations = [migrations.RunPython(install_pruning, migrations.RunPython.noop)]
