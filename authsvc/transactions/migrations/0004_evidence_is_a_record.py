"""The column of the evidence is read through a property of that name; the column itself is the same."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0003_devices_of_their_own'),
    ]

    state_operations = [
        migrations.RenameField(
            model_name='transaction',
            old_name='evidence',
            new_name='stored_evidence',
        ),
        migrations.AlterField(
            model_name='transaction',
            name='stored_evidence',
            field=models.JSONField(db_column='evidence', default=dict, help_text='Read by `evidence`.'),
        ),
    ]

    operations = [migrations.SeparateDatabaseAndState(state_operations=state_operations)]
