"""A tenant's issuer and the addresses of its endpoints."""

from django.urls import reverse

from authsvc.hosts.places import place_of, tenant_address
from authsvc.tenancy.models import Tenant


def issuer_of(tenant: Tenant) -> str:
    """Return the issuer identifier of a tenant, with its trailing slash."""
    return tenant_address(tenant)


def discovery_address(tenant: Tenant) -> str:
    """Return where a tenant's metadata stand; it needs no route, which the portal may lack."""
    return f"{issuer_of(tenant)}.well-known/openid-configuration"


def endpoint(tenant: Tenant, name: str, **parts: str) -> str:
    """Return the absolute address of the endpoint whose route has this name."""
    path = reverse(f"oidc:{name}", kwargs={"tenant": tenant.slug, **parts})
    return place_of(tenant.pk).origin + path
