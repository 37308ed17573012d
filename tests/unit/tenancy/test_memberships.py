"""The memberships moved to an application of their own; a filled database keeps them."""

import pytest

from tests.migrating import Migrations

BEFORE = [("accounts", "0001_initial"), ("tenancy", "0001_initial")]
AFTER = [("accounts", "0002_memberships_move_below"), ("memberships", "0001_initial")]


def test_a_filled_database_keeps_its_memberships(migrations: Migrations) -> None:
    old = migrations.to(BEFORE)
    tenant = old.get_model("tenancy", "Tenant").objects.create(slug="kept", name="Kept")
    user = old.get_model("accounts", "User").objects.create(email="kept@example.org")
    old.get_model("accounts", "Membership").objects.create(user=user, tenant=tenant, role="owner")
    new = migrations.to(AFTER)
    with pytest.raises(LookupError):
        new.get_model("accounts", "Membership")
    row = new.get_model("memberships", "Membership").objects.get()
    assert (row.user_id, row.tenant_id, row.role) == (user.pk, tenant.pk, "owner")
