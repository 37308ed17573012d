"""A tenant with a person who has a passkey, and a push service of the tests' own."""

from collections.abc import Iterator

import pytest

from authsvc.devices.models import Device
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_device, make_subject, make_tenant
from tests.provider.push_service import PushService, push_service


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def device(tenant: Tenant) -> Device:
    return make_device(make_subject())


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running
