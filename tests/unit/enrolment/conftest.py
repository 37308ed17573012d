"""An agent at a tenant of its own."""

from collections.abc import Iterator

import pytest

from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.unit.capture.agent import Agent


@pytest.fixture
def agent(db: None) -> Iterator[Agent]:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        yield Agent(tenant)
