"""Whether a session has proven a second factor; the portal opens for no other (S9.4-01)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from portal.accounts.models import User
from portal.accounts.scopes import scopes_of

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What the audit log calls them.
_NAMES = {Authenticator.Type.TOTP: "app", Authenticator.Type.WEBAUTHN: "passkey"}


def proven(request: HttpRequest, user: User) -> bool:
    """Whether this session itself used a passkey, a code, or a recovery code.

    That the account owns one is not enough: a session that was open, with the password alone, before
    the owner enrolled a factor must not come in with it.
    """
    return proven_at(request, user) is not None


def proven_at(request: HttpRequest, user: User) -> datetime | None:
    """Return when this session last used a passkey, a code, or a recovery code; None where it never did."""
    entries: list[dict[str, Any]] = get_authentication_records(request, user)
    moments = [entry["at"] for entry in entries if entry.get("method") == "mfa"]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None


def enrolled(user: User) -> bool:
    """Whether the account owns a passkey or an authenticator app."""
    return bool(kinds(user))


def owners(users: Iterable[UUID]) -> set[UUID]:
    """Return those of the users who own a passkey or an authenticator app."""
    found = Authenticator.objects.filter(user_id__in=list(users), type__in=FACTORS)
    return set(found.values_list("user_id", flat=True))


def kinds(user: User) -> set[str]:
    """Return which factors the account owns, of FACTORS."""
    found = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS)
    return set(found.values_list("type", flat=True))


@receiver(authenticator_added, dispatch_uid="second-factor-enrolled")
def _note_enrolment(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    # Enrolling a factor takes a proof of it, so the session that did it has proven it.
    if authenticator.type in FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


# By the row itself: some of django-allauth's signals come when the change is stored already.
@receiver(post_save, sender=Authenticator, dispatch_uid="second-factor-added")
def _record_added(*, instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        _record(Tag.ADMIN_FACTOR_ADDED, instance)


@receiver(post_delete, sender=Authenticator, dispatch_uid="second-factor-removed")
def _record_removed(*, instance: Authenticator, **_: Any) -> None:
    _record(Tag.ADMIN_FACTOR_REMOVED, instance)


def _record(tag: Tag, factor: Authenticator) -> None:
    """Write it down; whose account it is says not who did it: an owner may have taken the factors back."""
    if factor.type not in FACTORS:
        return
    user = User.objects.get(pk=factor.user_id)
    for _tenant in scopes_of(user):
        record(tag, account=user.email, factor=_NAMES[factor.type])
