"""The team: who has a role in the tenant, and who is invited to one. How a user signs in is the portal's."""

from datetime import timedelta
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret, secret_hash
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.membership import locked_team
from authsvc.seals.rows import believed
from authsvc.tenancy.memberships.models import Identity, Invitation, Membership
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import current_tenant_id

INVITATION_LIFE: Final = timedelta(hours=48)


class LastOwner(Refused):
    """The tenant would be left without an owner who can sign in."""

    def __init__(self) -> None:
        text = _("This is the only owner. Make somebody else an owner first.")
        super().__init__("last-owner", text, status=409)


class AlreadyMember(Refused):
    """Who is invited has a role here."""

    def __init__(self) -> None:
        super().__init__("already-member", _("This address belongs to a member of your team."), status=409)


class ComesByProvider(Refused):
    """What is asked for is the word of the organisation's own provider, and would not last."""

    def __init__(self) -> None:
        text = _(
            "This member came by your own provider, which says what they are here and how they sign in. "
            "Change it there, or disable them."
        )
        super().__init__("comes-by-provider", text, status=409)


class BelongsElsewhere(Refused):
    """What is asked for would reach into other tenants of the same user."""

    def __init__(self) -> None:
        text = _(
            "This account belongs to another organisation too, so no single owner may reset it. "
            "Ask whoever runs this server."
        )
        super().__init__("belongs-elsewhere", text, status=409)


@act
def admit(*, by: Actor, user: AbstractBaseUser, role: str) -> Membership:
    """Give a user a role in the tenant; raises ValueError for an unknown one, IntegrityError for a second."""
    role = Role(role).value
    membership = Membership.objects.create(user_id=user.pk, tenant_id=current_tenant_id(), role=role)
    record(Tag.ADMIN_INVITED, actor=by.name, administrator=user.get_username(), role=role)
    return membership


@act
def invite(*, by: Actor, email: str, role: str) -> tuple[Invitation, str]:
    """Return an invitation of 48 hours and the token of its link, for a mail to this address and nobody else.

    An earlier one to the same address ends. Raises AlreadyMember, and ValueError for an unknown role.
    """
    address = email.strip().lower()
    if members().filter(user__email=address).exists():
        raise AlreadyMember
    made = _invitation(by.name, address, Role(role).value)
    record(Tag.ADMIN_INVITED, actor=by.name, administrator=address, role=role, invitation=made[0].pk)
    return made


@act
def withdraw_invitation(*, by: Actor, invitation: Invitation) -> bool:
    """End an invitation; False where it was over."""
    done = _withdraw(pk=invitation.pk)
    if done:
        record(Tag.ADMIN_INVITATION_WITHDRAWN, actor=by.name, administrator=invitation.email)
    return done


@act
def set_role(*, by: Actor, membership: Membership, role: str) -> None:
    """Give a member another role; raises LastOwner, ComesByProvider, and ValueError for an unknown role."""
    current = _locked(membership)
    _require_of_the_team(current)
    if current.role == Role.OWNER and role != Role.OWNER:
        _require_another_owner(current)
    current.role = Role(role).value
    current.save()
    _record(Tag.ADMIN_ROLE_CHANGED, by, current, role=role)


@act
def disable(*, by: Actor, membership: Membership) -> None:
    """Let a member in no more, until somebody enables them again; raises LastOwner."""
    current = _locked(membership)
    _require_another_owner(current)
    current.disabled_at = now()
    current.save()
    _record(Tag.ADMIN_DISABLED, by, current)


@act
def enable(*, by: Actor, membership: Membership) -> None:
    """Let a disabled member in again, with the role from before."""
    current = _locked(membership)
    current.disabled_at = None
    current.save()
    _record(Tag.ADMIN_ENABLED, by, current, role=current.role)


@act
def remove(*, by: Actor, membership: Membership) -> None:
    """Take a member's role away for good; raises LastOwner."""
    current = _locked(membership, planted=True)
    _require_another_owner(current)
    _record(Tag.ADMIN_REMOVED, by, current, role=current.role)
    current.delete()


@act
def start_anew(*, by: Actor, membership: Membership) -> tuple[Invitation, str]:
    """Return an invitation to set a new password, for a member who cannot sign in, and its link's token.

    The portal takes password and factors back beside it. Raises BelongsElsewhere and ComesByProvider.
    """
    current = _locked(membership)
    _require_of_the_team(current)
    if Membership.objects.filter(user_id=current.user_id).exclude(pk=current.pk).exists():
        raise BelongsElsewhere
    made = _invitation(by.name, current.user.get_username(), current.role, starts_anew=True)
    _record(Tag.ADMIN_STARTED_ANEW, by, current, invitation=made[0].pk)
    return made


def invite_first_owner(*, invited_by: str, email: str) -> tuple[Invitation, str]:
    """Return an invitation of an owner to a tenant that was just made, and the token of its link."""
    made = _invitation(invited_by, email.strip().lower(), Role.OWNER.value)
    record(
        Tag.ADMIN_INVITED,
        actor=invited_by,
        administrator=made[0].email,
        role=made[0].role,
        invitation=made[0].pk,
    )
    return made


def members() -> QuerySet[Membership]:
    """Return the team of the tenant in scope with its users, disabled members too, by address."""
    found = Membership.objects.filter(tenant_id=current_tenant_id())
    return found.select_related("user").order_by("user__email")


def mail_addresses() -> list[str]:
    """Return where mail to each member goes; who came by a provider that says no address gets none."""
    said = {row.user_id: row.address for row in Identity.objects.filter(gives_membership=True)}
    found = [said.get(member.user_id, member.user.get_username()) for member in members()]
    return [address for address in found if address]


def open_invitations() -> list[Invitation]:
    """Return the invitations whose links still work, the newest first."""
    return [row for row in _open_invitations().order_by("-created_at") if believed(row)]


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link's token, None where it is over or not believed."""
    found = _open_invitations(digest=secret_hash(token)).first()
    return found if found is not None and believed(found) else None


@transaction.atomic
def accept(*, invitation: Invitation, user: AbstractBaseUser) -> None:
    """Use an invitation up, and make its addressee a member; raises Invitation.DoesNotExist where it is over.

    Whoever calls made sure that `user` is whom the link was sent to.
    """
    current = _open_invitations(pk=invitation.pk).select_for_update().get()
    if not believed(current):
        raise Invitation.DoesNotExist
    current.used_at = now()
    current.save(update_fields=["used_at"])
    if not current.starts_anew:
        Membership.objects.create(user_id=user.pk, tenant_id=current.tenant_id, role=current.role)
    record(
        Tag.ADMIN_JOINED,
        actor=user.get_username(),
        role=current.role,
        invitation=current.pk,
        invited_by=current.invited_by,
    )


def _invitation(
    invited_by: str, address: str, role: str, *, starts_anew: bool = False
) -> tuple[Invitation, str]:
    _withdraw(email=address)
    token = new_secret()
    made = Invitation.objects.create(
        email=address,
        role=role,
        starts_anew=starts_anew,
        digest=secret_hash(token),
        invited_by=invited_by,
        expires_at=now() + INVITATION_LIFE,
    )
    return made, token


def _open_invitations(**which: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(used_at=None, withdrawn_at=None, expires_at__gt=now(), **which)


def _withdraw(**which: str) -> bool:
    """End open invitations, row by row, so that no older copy of one counts; False where there is none."""
    rows = list(_open_invitations(**which).select_for_update().order_by("pk"))
    for row in rows:
        row.withdrawn_at = now()
        row.save(update_fields=["withdrawn_at"])
    return bool(rows)


def _locked(membership: Membership, *, planted: bool = False) -> Membership:
    """Return a member's row with the whole team locked, so that two owners cannot remove each other at once.

    Raises Membership.DoesNotExist for one of another tenant than that in scope.
    """
    found = next((row for row in locked_team() if row.pk == membership.pk), None)
    # What nobody vouched for is not vouched for by changing it; it can be removed.
    if found is None or not (planted or believed(found)):
        raise Membership.DoesNotExist
    return found


def _require_another_owner(leaving: Membership) -> None:
    """Raise LastOwner unless somebody is left who can sign in whatever becomes of the provider's word."""
    owners = Membership.in_force.filter(tenant_id=current_tenant_id(), role=Role.OWNER).exclude(pk=leaving.pk)
    if leaving.role != Role.OWNER or not believed(leaving) or _came_by_provider(leaving):
        return
    if not any(believed(row) and not _came_by_provider(row) for row in owners):
        raise LastOwner


def _require_of_the_team(membership: Membership) -> None:
    if _came_by_provider(membership):
        raise ComesByProvider


def _came_by_provider(membership: Membership) -> bool:
    return Identity.objects.filter(user_id=membership.user_id, gives_membership=True).exists()


def _record(tag: Tag, by: Actor, membership: Membership, **details: str) -> None:
    record(tag, actor=by.name, administrator=membership.user.get_username(), **details)
