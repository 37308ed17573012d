"""A tenant, its administrator's browser, and a clock of authenticator apps that stands."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth as apps
from django.test import Client

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User
from tests.factories import make_tenant
from tests.tenancy.people import make_user, signed_in


@pytest.fixture(autouse=True)
def _no_code_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of authenticator apps: a code made as its half minute ends would be over when read."""
    moment = time.time()
    monkeypatch.setattr(apps, "time", SimpleNamespace(time=lambda: moment))


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A sandbox tenant, in whose scope the test runs."""
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def user(tenant: Tenant) -> User:
    """An administrator of the tenant."""
    return make_user((tenant, Role.ADMIN), email="admin@example.org")


@pytest.fixture
def admin(user: User) -> Client:
    """The administrator's browser."""
    return signed_in(user)


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    """An owner's browser."""
    return signed_in(make_user((tenant, Role.OWNER), email="owner@example.org"))


@pytest.fixture
def colleague(tenant: Tenant) -> User:
    """Another member, with a factor."""
    made = make_user((tenant, Role.ADMIN), email="colleague@example.org")
    apps.TOTP.activate(made, apps.generate_totp_secret())
    return made


@pytest.fixture
def live(tenant: Tenant) -> Tenant:
    """The tenant, which people use."""
    tenant.kind = Tenant.Kind.LIVE
    tenant.save()
    return tenant


@pytest.fixture
def grace(tenant: Tenant) -> Client:
    """The browser of an owner who may agree."""
    return signed_in(make_user((tenant, Role.OWNER), email="grace@example.org"))


@pytest.fixture
def base(tenant: Tenant) -> str:
    """Where the tenant's screens begin."""
    return f"/portal/{tenant.slug}/"
