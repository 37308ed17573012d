"""Whether a session has proven a second factor; the portal opens for no other (S9.4-01)."""

from typing import Any

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
    entries: list[dict[str, Any]] = get_authentication_records(request, user)
    return any(entry.get("method") == "mfa" for entry in entries)


def enrolled(user: User) -> bool:
    """Whether the account owns a passkey or an authenticator app."""
    found: bool = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()
    return found


@receiver(authenticator_added, dispatch_uid="second-factor-enrolled")
def _note_enrolment(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    # Enrolling a factor takes a proof of it, so the session that did it has proven it.
    if authenticator.type in FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
