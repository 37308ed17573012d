"""The requests that portal views receive."""

from authsvc.management.actors import Member
from authsvc.management.permissions import Permission
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.middleware import TenantRequest
from portal.accounts.models import User
from portal.screens import Screen


class PortalRequest(TenantRequest):
    """A request of a signed-in member of the tenant that the path names; the gate made sure of it.

    `member` performs acts, `may` is what the role allows, `screens` is what navigation shows, `once` is the
    key of a form that makes something, `waiting` how many requests wait for an administrator's agreement.
    """

    user: User
    membership: Membership
    member: Member
    may: frozenset[Permission]
    screen: Screen
    screens: list[Screen]
    once: str
    waiting: int
