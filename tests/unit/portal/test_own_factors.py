"""S9.4-11: what an administrator does to their own factors and codes is written down where they work."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.recoverycodes import COUNT
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User
from tests.factories import make_tenant
from tests.tenancy.people import make_user, signed_in

pytestmark = pytest.mark.requirement("S9.4-11")


@pytest.fixture
def tenants(db: None) -> list[Tenant]:
    return [make_tenant(), make_tenant()]


@pytest.fixture
def user(tenants: list[Tenant]) -> User:
    """Somebody who works in two tenants."""
    return make_user(*((tenant, Role.OWNER) for tenant in tenants))


def rows(tenant: Tenant, tag: Tag) -> list[AuditEvent]:
    with tenant_scope(tenant.id):
        return list(AuditEvent.objects.filter(tag=tag))


def test_t26_making_recovery_codes_is_written_down_in_each_tenant(user: User, tenants: list[Tenant]) -> None:
    page = signed_in(user).post("/account/recovery-codes/")
    assert page.status_code == 200
    for tenant in tenants:
        [row] = rows(tenant, Tag.ADMIN_CODES_MADE)
        assert (row.actor, row.details) == (user.email, {"count": COUNT})


def test_t26_a_factor_that_is_added_or_removed_is_written_down(user: User, tenants: list[Tenant]) -> None:
    elsewhere = make_tenant()
    TOTP.activate(user, generate_totp_secret())
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})
    key.data = {"name": "Another name"}
    key.save()
    key.delete()
    for tenant in tenants:
        added, removed = rows(tenant, Tag.ADMIN_FACTOR_ADDED), rows(tenant, Tag.ADMIN_FACTOR_REMOVED)
        assert [row.details for row in added] == [
            {"account": user.email, "factor": "app"},
            {"account": user.email, "factor": "passkey"},
        ]
        assert [row.details for row in removed] == [{"account": user.email, "factor": "passkey"}]
    assert not rows(elsewhere, Tag.ADMIN_FACTOR_ADDED)


def test_t26_without_its_row_no_code_is_made(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: AuditEvent) -> None:
        raise OSError("the log cannot be written")

    browser: Client = signed_in(user)
    monkeypatch.setattr("authsvc.audit.services.append", fails)
    with pytest.raises(OSError, match="cannot be written"):
        browser.post("/account/recovery-codes/")
    assert user.recovery_codes_left == 0
