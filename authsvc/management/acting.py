"""What makes a function an act: its permission is checked, and its change and audit row are one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.texts import Text, in_english
from authsvc.management.actors import Actor, Agreed, Member, Operator, Person, System
from authsvc.management.four_eyes import reasons
from authsvc.management.permissions import ACTS, OWN, PLATFORM, Act, Permission, permissions_of
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned
from authsvc.tenancy.scope import current_tenant_id

Given = ParamSpec("Given")
Result = TypeVar("Result")


FRESH: Final = timedelta(minutes=5)
"""So long ago at most somebody proved who they are for what the tables of permissions.py say takes it."""


class NotPermitted(Refused, PermissionDenied):
    """Somebody without the permission called an act; Django answers it with 403."""

    def __init__(self, by: Actor, act: str) -> None:
        super().__init__(
            "not-permitted",
            _("Your role does not allow this."),
            detail=f"{by.name} called {act} without {ACTS[act].permission}",
            status=403,
        )


class ProveAgain(Refused):
    """Somebody's passkey or second factor was used too long ago for this act."""

    def __init__(self, by: Person | Member | Operator, act: str) -> None:
        super().__init__(
            "prove-again",
            _("Please use your passkey again first."),
            detail=f"{by.name} called {act}, proven at {by.proven_at}",
            status=403,
        )


class NeedsAgreement(Refused):
    """The act takes the agreement of a second administrator; it can be asked for (approvals.py).

    `given` is what it was called with, `reasons` say why it takes that.
    """

    def __init__(self, by: Member, act: str, given: Mapping[str, Any], reasons: Sequence[Text]) -> None:
        super().__init__(
            "needs-agreement",
            _("Another administrator has to agree to this."),
            detail=f"{by.name} called {act}: {' '.join(map(in_english, reasons))}",
            status=409,
        )
        self.act, self.given, self.reasons = act, given, list(reasons)


def act(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function run only for somebody who may, in one database transaction with its audit row.

    The function takes keyword arguments, `by` among them, and has a row in permissions.ACTS; without one
    its module cannot be imported. The act raises NotPermitted, ProveAgain where the proof is not fresh, and
    NeedsAgreement where the table of four eyes says so.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    needed = ACTS[name]

    @wraps(function)
    def performed(*arguments: Given.args, **given: Given.kwargs) -> Result:
        by = cast("Actor", given["by"])
        with transaction.atomic():
            if isinstance(by, Person):
                _require_own(by, name, given)
            elif isinstance(by, Operator):
                _require_platform(by, name)
            else:
                _require_permission(by, name, needed, given)
            return function(*arguments, **given)

    return performed


def may(by: Actor, permission: Permission | None) -> bool:
    """Whether somebody has a permission in the tenant in scope, as the memberships stand now.

    None is what nobody has but the installation.
    """
    if isinstance(by, System | Person | Operator):
        return isinstance(by, System)
    if isinstance(by, Agreed):
        return may(by.asked, permission) and may(by.agreed, permission)
    # Not above: a process without the portal has no users, and so no memberships to import.
    from authsvc.management.membership import membership_of

    found = membership_of(by.user_id, current_tenant_id())
    return found is not None and permission in permissions_of(found.role)


def is_fresh(by: Actor) -> bool:
    """Whether somebody proved just now who they are; nobody asks the installation itself."""
    if isinstance(by, System):
        return True
    if isinstance(by, Agreed):
        return is_fresh(by.agreed)
    return by.proven_at is not None and timedelta(0) <= now() - by.proven_at <= FRESH


def _require_permission(
    by: Member | System | Agreed, name: str, needed: Act, given: Mapping[str, Any]
) -> None:
    if not may(by, needed.permission):
        raise NotPermitted(by, name)
    if not isinstance(by, Member):
        return
    if needed.just_proven and not is_fresh(by):
        raise ProveAgain(by, name)
    why = reasons(name, given)
    if why:
        raise NeedsAgreement(by, name, given, why)


def _require_platform(by: Operator, name: str) -> None:
    if name not in PLATFORM:
        raise NotPermitted(by, name)
    if ACTS[name].just_proven and not is_fresh(by):
        raise ProveAgain(by, name)


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
