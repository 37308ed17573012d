"""The memberships moved to an application of their own; a filled database keeps them."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("accounts", "0001_initial"), ("memberships", None)]
AFTER = [("accounts", "0002_memberships_move_below"), ("memberships", "0001_initial")]


@pytest.mark.django_db(transaction=True)
def test_a_filled_database_keeps_its_memberships() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    old = executor.loader.project_state([("accounts", "0001_initial")]).apps
    tenant = old.get_model("tenancy", "Tenant").objects.create(slug="kept", name="Kept")
    user = old.get_model("accounts", "User").objects.create(email="kept@example.org")
    old.get_model("accounts", "Membership").objects.create(user=user, tenant=tenant, role="owner")
    executor = MigrationExecutor(connection)
    executor.migrate(AFTER)
    new = executor.loader.project_state(AFTER).apps
    with pytest.raises(LookupError):
        new.get_model("accounts", "Membership")
    row = new.get_model("memberships", "Membership").objects.get()
    assert (row.user_id, row.tenant_id, row.role) == (user.pk, tenant.pk, "owner")
