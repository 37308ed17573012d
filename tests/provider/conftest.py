"""A sandbox tenant with a person and relying parties, and a browser that signs in without a phone."""

from collections.abc import Iterator

import pytest

from authsvc.biometrics import thresholds
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.provider.browser import Browser


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


@pytest.fixture(autouse=True)
def vouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces count: a record stands, whatever judges in this tree."""
    monkeypatch.setattr(thresholds, "weakness_here", lambda *_: "")


@pytest.fixture
def visitor(tenant: Tenant) -> Browser:
    """A browser without cookies."""
    return Browser(tenant)
