"""Whether a session has proven a second factor; the portal opens for no other (S9.4-01)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpRequest

from portal.accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


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
