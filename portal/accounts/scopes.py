"""Where what happens to an administrator's account is written down: in the log of each of their tenants."""

from collections.abc import Iterator
from uuid import UUID

from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User


def scopes_of(user: User) -> Iterator[UUID]:
    """Enter the scope of each tenant that a user works in, one after the other, and give its id."""
    for tenant_id in user.memberships.values_list("tenant_id", flat=True):
        with tenant_scope(tenant_id):
            yield tenant_id
