"""How long an administrator's session lasts: 24 h in all, 1 h without use (S9.4-01)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from authsvc.core.clock import now

OVERALL = timedelta(hours=24)
# Written at most this often, so that reading pages does not write a row each.
_WRITE_EVERY = timedelta(minutes=1)
_STARTED, _SEEN = "portal_started", "portal_seen"
_PREFIXES = ("/portal/", "/account/")


class SessionLimits:
    """Signs out a session that is too old, or was not used for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request, signed out where a limit is passed."""
        if request.path_info.startswith(_PREFIXES) and request.user.is_authenticated:
            self._enforce(request)
        return self.get_response(request)

    def _enforce(self, request: HttpRequest) -> None:
        moment, session = now(), request.session
        started = datetime.fromisoformat(session.setdefault(_STARTED, moment.isoformat()))
        seen = datetime.fromisoformat(session.setdefault(_SEEN, moment.isoformat()))
        if moment - started > OVERALL or moment - seen > settings.PORTAL_SESSION_IDLE:
            logout(request)
        elif moment - seen > _WRITE_EVERY:
            session[_SEEN] = moment.isoformat()
