"""Sessions here that follow sessions at the provider."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from .attempt import CLAIMS, ID_TOKEN, Attempt
from .models import ProviderSession, UsedLogoutToken
from .refused import Refused
from .tokens import Claims


def keep(request: HttpRequest, attempt: Attempt) -> None:
    """Put what was proven into a session with a new key, and remember whose it is at the provider.

    A step-up raises what the session may do, so its key changes as at sign-in (session fixation).
    """
    ProviderSession.objects.filter(session_key=request.session.session_key).delete()
    request.session.cycle_key()
    request.session[CLAIMS] = attempt.claims
    request.session[ID_TOKEN] = attempt.id_token
    ProviderSession.objects.create(
        session_key=request.session.session_key,
        sid=attempt.claims.get("sid", ""),
        sub=attempt.claims["sub"],
    )


def claims_of(request: HttpRequest) -> Claims:
    """Return the ID token claims of the current session, empty without one."""
    return request.session.get(CLAIMS, {}) if request.user.is_authenticated else {}


def forget_ended() -> int:
    """Drop the provider's names of sessions that are over; return how many. For the database engine."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    count: int = ProviderSession.objects.exclude(session_key__in=live).delete()[0]
    return count


@transaction.atomic
def end_sessions(claims: Claims) -> int:
    """End the sessions that a checked logout token names and return how many. Raises Refused on replay.

    With `sid` that one session; with `sub` alone all of that person's (Back-Channel Logout 1.0
    section 2.7).
    """
    _use_once(claims)
    named = {"sid": claims["sid"]} if claims.get("sid") else {}
    if claims.get("sub"):
        named["sub"] = claims["sub"]
    sessions = ProviderSession.objects.filter(**named)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in sessions:
        store(session.session_key).delete()
    count: int = sessions.delete()[0]
    return count


def _use_once(claims: Claims) -> None:
    UsedLogoutToken.objects.filter(expires_at__lt=timezone.now() - timedelta(minutes=1)).delete()
    _, fresh = UsedLogoutToken.objects.get_or_create(
        jti=claims["jti"], defaults={"expires_at": datetime.fromtimestamp(claims["exp"], UTC)}
    )
    if not fresh:
        raise Refused("this logout token was used before")
