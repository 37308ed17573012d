"""A tenant's issuer and the addresses of its endpoints."""

from django.conf import settings
from django.urls import reverse

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.paths import tenant_address


def issuer_of(tenant: Tenant) -> str:
    """Return the issuer identifier of a tenant, with its trailing slash."""
    return tenant_address(tenant)


def discovery_address(tenant: Tenant) -> str:
    """Return where a tenant's metadata stand; it needs no route, which the portal may lack."""
    return f"{issuer_of(tenant)}.well-known/openid-configuration"


def endpoint(tenant: Tenant, name: str, **parts: str) -> str:
    """Return the absolute address of the endpoint whose route has this name."""
    return settings.BASE_URL + reverse(f"oidc:{name}", kwargs={"tenant": tenant.slug, **parts})
