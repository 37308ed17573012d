"""A sandbox tenant with a person and relying parties, and a browser that signs in without a phone."""

from collections.abc import Iterator

import pytest

from authsvc.clients.directory import forget_clients
from authsvc.keys.signing import forget_rings
from authsvc.oidc.discovery.documents import forget_documents
from authsvc.oidc.offering.provider import forget_options
from authsvc.oidc.proofs.remote_keys import forget_remote_keys
from authsvc.tenancy.directory import forget_tenants
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.e2e.oidc.browser import Browser
from tests.factories import make_tenant


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with empty caches, and with RSA keys that are quick to make."""
    monkeypatch.setattr("authsvc.keys.signing._RSA_BITS", 2048)
    for forget in (
        forget_clients,
        forget_rings,
        forget_options,
        forget_documents,
        forget_tenants,
        forget_remote_keys,
    ):
        forget()


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A sandbox tenant, in whose scope the test runs."""
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def shared(transactional_db: None) -> Iterator[Tenant]:
    """A sandbox tenant whose rows other threads see."""
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def visitor(tenant: Tenant) -> Browser:
    """A browser without cookies."""
    return Browser(tenant)
