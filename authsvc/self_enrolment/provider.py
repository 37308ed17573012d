"""The provider of the tenant in scope as its people meet it, and the secret by which web is known there."""

from authsvc.core.envelope import CannotOpen, context
from authsvc.hosts.places import tenant_address
from authsvc.keys.receiving import open_as
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.tenancy.models import Tenant

RECEIVER = "web"
"""The role that opens the secret."""
_PURPOSE = "visor/self-enrolment/secret/v1"


def provider_of_people() -> PeopleProvider | None:
    """Return the provider of the tenant in scope, switched on or not; None where none is believed."""
    return PeopleProvider.objects.first()


def provider_in_force() -> PeopleProvider | None:
    """Return the provider of the tenant in scope at which people can sign in now."""
    found = provider_of_people()
    return found if found is not None and found.enabled else None


def secret_of(row: PeopleProvider) -> str:
    """Return the secret of a provider, "" where there is none, or none that was stored for this issuer."""
    try:
        return open_as(RECEIVER, bytes(row.sealed_secret or b""), bound_to(row)).decode()
    except CannotOpen:
        return ""


def callback_address(tenant: Tenant) -> str:
    """Return where the provider sends people back to: another address for each tenant (RFC 9700 4.4.2).

    No route: the portal says it, and has none of these pages.
    """
    return f"{door_address(tenant)}callback/"


def door_address(tenant: Tenant) -> str:
    """Return where people begin."""
    return f"{tenant_address(tenant)}join/"


def bound_to(row: PeopleProvider) -> bytes:
    """Return what a secret is bound to: sent to another issuer it would be given away."""
    return context(_PURPOSE, str(row.tenant_id), row.issuer)
