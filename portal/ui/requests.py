"""The requests that portal views receive."""

from authsvc.tenancy.middleware import TenantRequest
from portal.accounts.models import Membership, User


class PortalRequest(TenantRequest):
    """A request of a signed-in member of the tenant that the path names; the gate made sure of it."""

    user: User
    membership: Membership
