"""Who comes from the organisation's own provider: which user that is, and which role its word gives.

A provider is believed about its own tenant and nobody else's. Somebody is known by issuer and sub: an e-mail
address that it says is shown and written to, and opens no account (OpenID Connect Core section 5.7).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.visible import is_visible
from authsvc.federation.refused import NoRole
from authsvc.management.membership import locked_team
from authsvc.management.permissions import permissions_of
from authsvc.management.single_sign_on import end_membership
from authsvc.seals.rows import believed
from authsvc.tenancy.memberships.models import Identity, Membership, SingleSignOn
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import current_tenant_id

Claims = Mapping[str, Any]
ACTOR: Final = "single sign-on"
"""Whom the log names where the provider's word, and no member of the team, gave or took a role."""
# Given a display name and an address, "" where the provider says none.
MakeUser = Callable[[str, str], AbstractBaseUser]


def role_of(row: SingleSignOn, claims: Claims) -> str | None:
    """Return the greatest role that the claims give, None for none."""
    said = claims.get(row.role_claim) if row.role_claim else None
    values = said if isinstance(said, list) else [said]
    # Only texts: true and 1 are what somebody else may have meant otherwise.
    given = {role for value, role in row.roles if any(isinstance(v, str) and v == value for v in values)}
    return max(given & set(Role.values), key=lambda role: len(permissions_of(role)), default=None)


def known(row: SingleSignOn, sub: str) -> Identity | None:
    """Return whom the provider knows by this sub, None where nobody here is."""
    found = Identity.objects.select_related("user").filter(issuer=row.issuer, sub=sub).first()
    return found if found is not None and believed(found) else None


@transaction.atomic
def welcome(row: SingleSignOn, claims: Claims, *, make_user: MakeUser) -> AbstractBaseUser:
    """Return the user whom these claims are about, with the role that they give now.

    A membership that came by the provider's word follows it; one that the team gave stays as it is. Raises
    NoRole where nobody may come in; a role that is taken back ends by `end_what_is_taken_back`, before this.
    """
    team, role = {member.user_id: member for member in locked_team()}, role_of(row, claims)
    identity = known(row, claims["sub"])
    if identity is None:
        identity = _newcomer(row, claims, role, make_user)
    member = team.get(identity.user_id)
    if identity.gives_membership:
        member = _follow(row, identity, member, role)
    if member is None or member.disabled_at is not None or not believed(member):
        raise NoRole(detail=f"{claims['sub']!r} is linked to {identity.user_id}, who is no member in force")
    _note_use(identity, claims)
    return identity.user


@transaction.atomic
def end_what_is_taken_back(row: SingleSignOn, claims: Claims) -> UUID | None:
    """End the membership of somebody to whom the provider gives no role any more; return whose, or None."""
    team, identity = {member.user_id: member for member in locked_team()}, known(row, claims["sub"])
    if identity is None or not identity.gives_membership or role_of(row, claims) is not None:
        return None
    member = team.get(identity.user_id)
    if member is None or member.disabled_at is not None:
        # One that an owner disabled stays, so that the same word does not let them in again.
        return None
    end_membership(identity)
    return identity.user_id


@transaction.atomic
def link(row: SingleSignOn, claims: Claims, *, user: AbstractBaseUser) -> None:
    """Let a member be known by the provider's word from now on; raises NoRole where somebody else is already.

    Whoever calls made sure that both are the same person's: the account's own proof and the provider's.
    """
    taken = Identity.objects.select_for_update().filter(issuer=row.issuer, sub=claims["sub"]).first()
    if taken is not None and taken.user_id != user.pk:
        raise NoRole(detail=f"{claims['sub']!r} is {taken.user_id} here, and not {user.pk}")
    own = Identity.objects.select_for_update().filter(user_id=user.pk).first()
    if own is not None and own.gives_membership:
        raise NoRole(detail=f"{user.pk} came by the provider's word as {own.sub!r}, and is nobody else")
    if own is not None:
        own.delete()
    made = Identity(issuer=row.issuer, sub=claims["sub"], user_id=user.pk, address=_address(claims))
    made.used_at = now()
    made.save()
    record(Tag.IDENTITY_LINKED, actor=user.get_username(), issuer=row.issuer, sub=made.sub)


def came_by_provider(user_id: UUID) -> bool:
    """Whether a user's membership of the tenant in scope came by a provider's word, believed or not."""
    return Identity.objects.filter(user_id=user_id, gives_membership=True).exists()


def needs_provider(member: Membership, row: SingleSignOn) -> bool:
    """Whether a member whom the team made comes in by the provider alone; owners keep what they have."""
    return not row.password_stays and row.enabled and member.role != Role.OWNER


def listed() -> list[Identity]:
    """Return whom the provider knows here, those who came last first."""
    rows = Identity.objects.select_related("user").order_by("-used_at", "-created_at", "pk")
    return [row for row in rows if believed(row)]


def _newcomer(row: SingleSignOn, claims: Claims, role: str | None, make_user: MakeUser) -> Identity:
    if not row.just_in_time:
        raise NoRole(detail=f"{claims['sub']!r} is linked to nobody, and nobody is let in unknown")
    if role is None:
        raise NoRole(detail=f"{claims['sub']!r} has no value of {row.role_claim!r} that gives a role")
    user = make_user(_text(claims, "name", 120), _address(claims))
    made = Identity(issuer=row.issuer, sub=claims["sub"], user_id=user.pk, gives_membership=True)
    made.save()
    return made


def _follow(row: SingleSignOn, identity: Identity, member: Membership | None, role: str | None) -> Membership:
    """Give somebody the role that the provider's word gives them; raises NoRole."""
    name = identity.user.get_username()
    if role is None:
        raise NoRole(detail=f"{identity.sub!r} has no value of {row.role_claim!r} that gives a role any more")
    if member is None:
        if not row.just_in_time:
            raise NoRole(detail=f"{identity.sub!r} is no member any more, and nobody is let in unknown")
        made = Membership(user_id=identity.user_id, tenant_id=current_tenant_id(), role=role)
        made.save()
        record(Tag.ADMIN_JOINED, actor=ACTOR, administrator=name, role=role, issuer=row.issuer)
        return made
    if member.role != role and believed(member):
        before, member.role = member.role, role
        member.save()
        record(Tag.ADMIN_ROLE_CHANGED, actor=ACTOR, administrator=name, role=role, before=before)
    return member


def _note_use(identity: Identity, claims: Claims) -> None:
    identity.used_at, identity.address = now(), _address(claims)
    identity.save(update_fields=["used_at", "address"])


def _address(claims: Claims) -> str:
    found = _text(claims, "email", 254)
    return found if "@" in found and " " not in found else ""


def _text(claims: Claims, name: str, longest: int) -> str:
    """Return a text that the provider says, "" for none, and for one that would not be what it looks like."""
    said = claims.get(name)
    return said.strip() if isinstance(said, str) and len(said) <= longest and is_visible(said) else ""
