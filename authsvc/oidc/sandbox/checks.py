"""Production does not start while a live tenant has the sandbox authenticator (SA-02)."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from authsvc.oidc.models import Provider
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope


@register(Tags.database)
def check_live_tenants(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Name every live tenant whose row has the sandbox authenticator turned on."""
    if not databases:
        return []
    try:
        with every_tenant_scope():
            rows = Provider.objects.filter(sandbox_authenticator=True, tenant__kind=Tenant.Kind.LIVE)
            slugs = list(rows.values_list("tenant__slug", flat=True))
    except DatabaseError:
        return []
    message = "The live tenant {} has the sandbox authenticator turned on."
    return [Error(message.format(slug), id="oidc.E001") for slug in slugs]
