"""Leave the memberships to authsvc.tenancy.memberships: the table stays as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("memberships", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Membership")])
    ]
