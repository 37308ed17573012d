"""A person who has an own page, and one who is at it."""

from collections.abc import Iterator

import pytest

from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.unit.capture.agent import Agent
from tests.unit.person.visitor import Visitor


@pytest.fixture
def visitor(db: None) -> Iterator[Visitor]:
    """A person before the door; their tenant's scope is entered."""
    tenant = make_tenant(name="Northwind Bank")
    with tenant_scope(tenant.id):
        yield Visitor(Agent(tenant))


@pytest.fixture
def inside(visitor: Visitor) -> Visitor:
    """A person who has just come in."""
    visitor.comes_in()
    return visitor
