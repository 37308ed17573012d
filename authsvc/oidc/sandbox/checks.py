"""Production does not start while a live tenant has the sandbox authenticator (SA-02)."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from authsvc.oidc.models import Provider
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope


@register(Tags.database)
def check_live_tenants(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Name every live tenant whose row has the sandbox authenticator turned on."""
    if not databases:
        return []
    try:
        slugs = [tenant.slug for tenant in Tenant.objects.filter(kind=Tenant.Kind.LIVE) if _offers(tenant)]
    except DatabaseError:
        return []
    message = "The live tenant {} has the sandbox authenticator turned on."
    return [Error(message.format(slug), id="oidc.E001") for slug in slugs]


def _offers(tenant: Tenant) -> bool:
    with tenant_scope(tenant.id):
        return Provider.objects.filter(sandbox_authenticator=True).exists()
