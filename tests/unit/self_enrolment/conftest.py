"""A tenant with a provider of its own, and somebody whom that provider knows."""

from collections.abc import Iterator

import pytest

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.outside import Outside, outside
from tests.unit.self_enrolment.comer import Comer, set_up


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture(scope="module")
def served() -> Iterator[Outside]:
    with outside() as provider:
        yield provider


@pytest.fixture
def provider(served: Outside) -> Outside:
    """The organisation's own provider, as honest as it is at first."""
    served.__init__(issuer=served.issuer, key=served.key)  # type: ignore[misc]
    served.person = {"sub": "ada-7", "name": "Ada Lovelace", "groups": ["staff"]}
    return served


@pytest.fixture
def comer(tenant: Tenant, provider: Outside) -> Comer:
    """Somebody whom the provider knows, and nobody here."""
    set_up(provider)
    return Comer(tenant, provider)
