"""Deleting rows that nothing can use any more; call in the scope of a tenant."""

from datetime import timedelta

from authsvc.core.clock import now
from authsvc.oidc.models import (
    BackchannelRequest,
    Grant,
    InitialAccessToken,
    PushedRequest,
    RememberedConsent,
    Session,
    Token,
    UsedOnce,
)
from authsvc.oidc.sessions.session import LIFE

# A little longer than they live, so that a developer can still see why something was refused.
KEPT = timedelta(hours=1)
KEPT_SESSIONS = timedelta(days=1)


def sweep_expired() -> dict[str, int]:
    """Delete expired codes, tokens, pushed requests, jtis, sessions, consents; return how many of each."""
    moment = now()
    due = moment - KEPT
    rows = {
        "tokens": Token.objects.filter(expires_at__lt=due),
        "grants": Grant.objects.filter(expires_at__lt=due),
        "backchannel": BackchannelRequest.objects.filter(expires_at__lt=due),
        "pushed": PushedRequest.objects.filter(expires_at__lt=due),
        "used": UsedOnce.objects.filter(expires_at__lt=moment),
        "consents": RememberedConsent.objects.filter(expires_at__lt=moment),
        "initial": InitialAccessToken.objects.filter(expires_at__lt=due),
        "sessions": Session.objects.filter(authenticated_at__lt=moment - LIFE - KEPT_SESSIONS),
    }
    return {name: found.delete()[0] for name, found in rows.items()}
