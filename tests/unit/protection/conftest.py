"""Somebody of whom nothing is kept yet, and their phone."""

from collections.abc import Iterator

import pytest

from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_device, make_subject, make_tenant


@pytest.fixture
def tenant(db: None) -> Iterator[None]:
    """Run the test for a tenant."""
    with tenant_scope(make_tenant().id):
        yield


@pytest.fixture
def subject(tenant: None) -> Subject:
    """A person without a reference."""
    return make_subject(reference="", reference_version=0)


@pytest.fixture
def device(subject: Subject) -> Device:
    """The person's phone."""
    return make_device(subject)
