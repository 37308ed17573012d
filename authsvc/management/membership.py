"""Reading memberships, and whose word gives them, which are believed by the portal's seal alone."""

from uuid import UUID

from authsvc.core.remembered import Remembered
from authsvc.seals.rows import believed
from authsvc.tenancy.memberships.models import Membership, SingleSignOn
from authsvc.tenancy.scope import current_tenant_id

# A change is noticed within this many seconds in every process, and at once in the one that makes it.
_providers: Remembered[UUID, tuple[SingleSignOn | None]] = Remembered(seconds=10)


def locked_team() -> list[Membership]:
    """Return every member of the tenant in scope, believed or not, locked until the end of the transaction.

    Always all and in the same order, so that two owners who change each other at once do not lock for ever.
    """
    team = Membership.objects.select_for_update().filter(tenant_id=current_tenant_id())
    return list(team.order_by("pk"))


def membership_of(user_id: UUID, tenant_id: UUID) -> Membership | None:
    """Return a user's membership of a tenant, or None where there is none in force that is believed."""
    found = Membership.in_force.filter(user_id=user_id, tenant_id=tenant_id).first()
    return found if found is not None and believed(found) else None


def memberships_of(user_id: UUID) -> list[Membership]:
    """Return a user's memberships with their tenants, by the tenants' names."""
    rows = Membership.in_force.filter(user_id=user_id).select_related("tenant").order_by("tenant__name")
    return [row for row in rows if believed(row)]


def provider_of_team() -> SingleSignOn | None:
    """Return the provider of the tenant in scope, switched on or not; None where there is none believed."""
    found = SingleSignOn.objects.first()
    return found if found is not None and believed(found) else None


def remembered_provider() -> SingleSignOn | None:
    """Return the same from memory where possible: every page of the portal begins with it."""
    return _providers.get_or_make(current_tenant_id(), lambda: (provider_of_team(),))[0]


def forget_provider() -> None:
    """Let this process look anew at the provider of the tenant in scope."""
    _providers.forget(current_tenant_id())


def provider_in_force() -> SingleSignOn | None:
    """Return the provider of the tenant in scope at which the team can sign in now."""
    found = provider_of_team()
    return found if found is not None and found.enabled else None
