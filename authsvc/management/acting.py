"""What makes a function an act: its permission is checked, and its change and audit row are one."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.management.actors import Actor, System
from authsvc.management.permissions import ACTS, Permission, permissions_of
from authsvc.tenancy.scope import current_tenant_id

Given = ParamSpec("Given")
Result = TypeVar("Result")


class NotPermitted(Refused, PermissionDenied):
    """Somebody without the permission called an act; Django answers it with 403."""

    def __init__(self, by: Actor, act: str) -> None:
        needed = ACTS[act]
        super().__init__(
            "not-permitted",
            _("Your role does not allow this."),
            detail=f"{by.name} called {act} without {needed}",
            status=403,
        )


def act(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function run only for somebody who may, in one database transaction with its audit row.

    The function takes keyword arguments, `by` among them, and has a row in permissions.ACTS; without one
    its module cannot be imported. The act raises NotPermitted.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    needed = ACTS[name]

    @wraps(function)
    def performed(*arguments: Given.args, **given: Given.kwargs) -> Result:
        by = cast("Actor", given["by"])
        with transaction.atomic():
            if not may(by, needed):
                raise NotPermitted(by, name)
            return function(*arguments, **given)

    return performed


def may(by: Actor, permission: Permission) -> bool:
    """Whether somebody has a permission in the tenant in scope, as the memberships stand now."""
    if isinstance(by, System):
        return True
    # Not above: a process without the portal has no users, and so no memberships to import.
    from authsvc.tenancy.memberships.models import Membership

    found = Membership.objects.filter(user_id=by.user_id, tenant_id=current_tenant_id()).first()
    return found is not None and permission in permissions_of(found.role)
