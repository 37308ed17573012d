"""An organisation's log begins with its creation."""

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.management.tenants import found_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("S9.4-11")
def test_t26_an_organisations_log_begins_with_its_creation() -> None:
    tenant = found_tenant(slug="orchard", name="Orchard", kind=Tenant.Kind.LIVE, actor="operator")
    with tenant_scope(tenant.id):
        event = AuditEvent.objects.earliest("sequence")
    assert (event.tag, event.actor, event.details) == (Tag.TENANT_CREATED, "operator", {"kind": "live"})
    assert not tenant.is_sandbox
