from collections.abc import Iterator

import pytest

from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant, offer_sample_key
from tests.unit.capture.agent import Agent


@pytest.fixture
def agent(db: None) -> Iterator[Agent]:
    """An agent at a sandbox tenant, whose scope is entered; a worker has published a sample key."""
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        yield Agent(tenant)
