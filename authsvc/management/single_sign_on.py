"""The team's sign-in at the organisation's own OpenID provider: who it is, and what its word is worth."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal_any
from authsvc.core.errors import Refused
from authsvc.keys.held import django_keys
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.membership import forget_provider
from authsvc.seals.rows import believed
from authsvc.tenancy.memberships.models import Identity, Membership, SingleSignOn
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import current_tenant_id

_PURPOSE: Final = b"visor/portal/single-sign-on/v1"
MOST_VALUES: Final = 200
"""So many values of a claim may give a role, and so many acr values may be taken."""


class NotSetUp(Refused):
    """There is no provider to change."""

    def __init__(self) -> None:
        text = _("No provider is set up any more; nothing was changed.")
        super().__init__("not-set-up", text, status=409)


@act
def configure(
    *,
    by: Actor,
    name: str,
    issuer: str,
    client_id: str,
    scopes: str,
    role_claim: str,
    roles: Sequence[Sequence[str]],
    acr_values: Sequence[str],
    just_in_time: bool,
    password_stays: bool,
    enabled: bool,
) -> SingleSignOn:
    """Set where the team signs in, and what is made of what that provider says; ValueError for what is wrong.

    `roles` are pairs of a value of the claim and a role. Whoever was known to another issuer is known no
    more, and a secret of that one is forgotten.
    """
    given = [[value, Role(role).value] for value, role in roles]
    if len({value for value, _ in given}) != len(given) or max(len(given), len(acr_values)) > MOST_VALUES:
        raise ValueError("a value gives one role, and there are not so many")
    row = _locked() or SingleSignOn(issuer=issuer)
    if row.issuer != issuer:
        _forget_issuer(row.issuer)
        row.sealed_secret = None
    values: dict[str, Any] = {
        "name": name,
        "issuer": issuer,
        "client_id": client_id,
        "scopes": scopes,
        "role_claim": role_claim,
        "roles": given,
        "acr_values": list(acr_values),
        "just_in_time": just_in_time,
        "password_stays": password_stays,
        "enabled": enabled,
    }
    for field, value in values.items():
        setattr(row, field, value)
    # The portal may not write every column: no row moves to another tenant.
    row.save(update_fields=None if row._state.adding else [*values, "sealed_secret", "seal"])
    forget_provider()
    record(Tag.SINGLE_SIGN_ON_SET, actor=by.name, **values)
    return row


@act
def set_secret(*, by: Actor, secret: str) -> None:
    """Store the secret by which the portal is known at the provider; raises NotSetUp."""
    row = _locked()
    if row is None:
        raise NotSetUp
    row.sealed_secret = seal(_keys()[0], secret.encode(), _bound_to(row))
    row.save(update_fields=["sealed_secret"])
    record(Tag.SINGLE_SIGN_ON_SECRET_SET, actor=by.name, issuer=row.issuer)


@act
def remove(*, by: Actor) -> None:
    """Take the provider's word no more: memberships that came by it end, links are forgotten."""
    row = _locked(planted=True)
    if row is None:
        raise NotSetUp
    _forget_issuer(row.issuer)
    record(Tag.SINGLE_SIGN_ON_REMOVED, actor=by.name, issuer=row.issuer)
    row.delete()
    forget_provider()


@act
def unlink(*, by: Actor, identity: Identity) -> None:
    """Know a member whom the team let in by the provider's word no more; raises Identity.DoesNotExist.

    Whoever came by that word is disabled or removed in the team.
    """
    row = Identity.objects.select_for_update().get(pk=identity.pk, gives_membership=False)
    record(Tag.IDENTITY_UNLINKED, actor=by.name, administrator=_name(row), sub=row.sub)
    row.delete()


def secret_of(row: SingleSignOn) -> str:
    """Return the secret of a provider, "" where there is none, or none that was stored for this issuer."""
    try:
        return unseal_any(_keys(), bytes(row.sealed_secret or b""), _bound_to(row)).decode()
    except CannotOpen:
        return ""


def seal_anew(row: SingleSignOn) -> bytes | None:
    """Return a provider's secret under the key in use, None where it is that already or cannot be opened."""
    sealed = bytes(row.sealed_secret or b"")
    for number, key in enumerate(_keys()):
        try:
            secret = unseal_any([key], sealed, _bound_to(row))
        except CannotOpen:
            continue
        return seal(_keys()[0], secret, _bound_to(row)) if number else None
    return None


def _bound_to(row: SingleSignOn) -> bytes:
    """Return what a secret is bound to: sent to another issuer it would be given away."""
    return context(_PURPOSE.decode(), str(row.tenant_id), row.issuer)


def _keys() -> list[bytes]:
    return [derive(key, info=_PURPOSE) for key in django_keys()]


def _locked(*, planted: bool = False) -> SingleSignOn | None:
    """Return the provider of the tenant in scope until the end of the transaction.

    A row that nobody vouched for is as if absent; it can be removed, and so make room for a true one.
    """
    found = SingleSignOn.objects.select_for_update().first()
    if found is None or planted or believed(found):
        return found
    found.delete()
    return None


def _forget_issuer(issuer: str) -> None:
    for row in Identity.objects.select_for_update().filter(issuer=issuer).order_by("pk"):
        if row.gives_membership:
            end_membership(row)
        row.delete()


def end_membership(row: Identity) -> None:
    """End the membership that came by the provider's word, if it is still there."""
    for membership in Membership.objects.filter(user_id=row.user_id, tenant_id=current_tenant_id()):
        record(Tag.ADMIN_REMOVED, actor="single sign-on", administrator=_name(row), role=membership.role)
        membership.delete()


def _name(row: Identity) -> str:
    return str(row.user.get_username())
