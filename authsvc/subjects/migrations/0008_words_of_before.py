"""The words of people whom the release before entered, some at a time.

Whom it enters while this release is rolled out is found by `manage.py words`, which does this again.
"""

from django.db import migrations

from authsvc.subjects.finding import fill
from authsvc.tenancy.scope import every_tenant_scope


def fill_words(apps, schema_editor):
    """Store the words of everybody who has none."""
    alias = schema_editor.connection.alias
    with every_tenant_scope():
        fill(
            apps.get_model("subjects", "Subject").objects.using(alias),
            apps.get_model("subjects", "Word").objects.using(alias),
        )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("subjects", "0007_listed")]

    operations = [migrations.RunPython(fill_words, migrations.RunPython.noop, elidable=True)]
