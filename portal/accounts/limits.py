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
STARTED, SEEN, AGENT = "portal_started", "portal_seen", "portal_agent"
_AGENT_LONGEST = 300
# A page that is read anew without anybody's doing says so (static/js/portal/page.js): that is no use of it.
_BY_ITSELF = "X-Visor-By-Itself"
_PREFIXES = ("/portal/", "/platform/", "/account/")


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
        started = datetime.fromisoformat(session.setdefault(STARTED, moment.isoformat()))
        seen = datetime.fromisoformat(session.setdefault(SEEN, moment.isoformat()))
        session.setdefault(AGENT, request.headers.get("User-Agent", "")[:_AGENT_LONGEST])
        if moment - started > OVERALL or moment - seen > settings.PORTAL_SESSION_IDLE:
            logout(request)
        elif moment - seen > _WRITE_EVERY and _BY_ITSELF not in request.headers:
            session[SEEN] = moment.isoformat()
