"""Have PostgreSQL store sealed samples as they come: it would try for tens of milliseconds to compress
a megabyte of ciphertext, misled by the sample's readable header. Changes the catalogue only, so it is
safe beside the running release; samples that are stored already stay as they are.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def store(kind: str):
    def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"ALTER TABLE transactions_sealedsample ALTER COLUMN body SET STORAGE {kind}"
            )

    return apply


class Migration(migrations.Migration):

    dependencies = [("transactions", "0001_initial")]

    operations = [migrations.RunPython(store("EXTERNAL"), store("EXTENDED"))]
