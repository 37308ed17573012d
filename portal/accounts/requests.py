"""The requests that portal views receive."""

from django.http import HttpRequest

from authsvc.management.actors import Member, Operator
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


class PlatformRequest(HttpRequest):
    """A request of whoever runs the installation, at a screen of no tenant; `operator` performs acts."""

    user: User
    operator: Operator
