"""What makes a function an act: its permission is checked, and its change and audit row are one."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.management.actors import Actor, Person, System
from authsvc.management.permissions import ACTS, OWN, Permission, permissions_of
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned
from authsvc.tenancy.scope import current_tenant_id

Given = ParamSpec("Given")
Result = TypeVar("Result")


FRESH: Final = timedelta(minutes=5)
"""So long ago at most a person used a passkey for what permissions.OWN says takes one used just now."""


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


class ProveAgain(Refused):
    """A person's passkey was used too long ago for this act."""

    def __init__(self, by: Person, act: str) -> None:
        super().__init__(
            "prove-again",
            _("Please use your passkey again first."),
            detail=f"{by.name} called {act}, passkey used at {by.proven_at.isoformat()}",
            status=403,
        )


def act(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function run only for somebody who may, in one database transaction with its audit row.

    The function takes keyword arguments, `by` among them, and has a row in permissions.ACTS; without one
    its module cannot be imported. The act raises NotPermitted, and ProveAgain for a person at their own page.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    needed = ACTS[name]

    @wraps(function)
    def performed(*arguments: Given.args, **given: Given.kwargs) -> Result:
        by = cast("Actor", given["by"])
        with transaction.atomic():
            if isinstance(by, Person):
                _require_own(by, name, given)
            elif not may(by, needed):
                raise NotPermitted(by, name)
            return function(*arguments, **given)

    return performed


def may(by: Actor, permission: Permission) -> bool:
    """Whether somebody has a permission in the tenant in scope, as the memberships stand now."""
    if isinstance(by, System | Person):
        return isinstance(by, System)
    # Not above: a process without the portal has no users, and so no memberships to import.
    from authsvc.management.membership import membership_of

    found = membership_of(by.user_id, current_tenant_id())
    return found is not None and permission in permissions_of(found.role)


def is_fresh(by: Person) -> bool:
    """Whether a person used a passkey just now."""
    return now() - by.proven_at <= FRESH


def _require_own(by: Person, name: str, given: Mapping[str, Any]) -> None:
    """Let a person do what is theirs to do, to what is theirs alone."""
    rows = [value for value in given.values() if isinstance(value, TenantOwned)]
    if name not in OWN or not rows or any(_owner(row) != by.subject_id for row in rows):
        raise NotPermitted(by, name)
    if OWN[name] and not is_fresh(by):
        raise ProveAgain(by, name)


def _owner(row: TenantOwned) -> UUID | None:
    owner: UUID | None = row.pk if isinstance(row, Subject) else getattr(row, "subject_id", None)
    return owner
