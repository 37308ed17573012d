"""A suspended tenant: nobody begins a sign-in there, and everything of it is kept.

What ends something stays open, and what people need for it: their own page, signing out, revoking. So does
what public documents say, as sites check with them what they were given before. Everything else is refused,
a route of a later release too.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from authsvc.tenancy.models import Tenant

_OPEN: Final = frozenset(
    {
        *(".well-known", "jwks", "end-session", "revoke", "look.css", "look.png"),
        # A person's own page, and the passkey that opens it.
        *("me", "signin", "agent", "desk", "handoff"),
        *("agent-worker.js", "agent-tracker.js", "agent-comparer.js", "agent.webmanifest"),
    }
)
_OF_PEOPLE: Final = "/t/"
_LATER: Final = 3600


def is_refused(tenant: Tenant, before: str, after: str) -> bool:
    """Whether a request to this path of a tenant (paths.py) is refused, as the tenant is suspended."""
    first = after.lstrip("/").partition("/")[0]
    return tenant.suspended_at is not None and before == _OF_PEOPLE and first not in _OPEN


def refusal(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Return a calm page for people, and for programs the error of RFC 6749 section 4.1.2.1."""
    answer: HttpResponse
    if "text/html" in request.headers.get("Accept", ""):
        ways = [{"href": f"{_OF_PEOPLE}{tenant.slug}/me/", "text": _("Your own page")}]
        answer = render(request, "suspended.html", {"ways": ways}, status=503)
    else:
        said = "sign-in at this organisation is suspended"
        answer = JsonResponse({"error": "temporarily_unavailable", "error_description": said}, status=503)
    answer["Retry-After"] = str(_LATER)
    return answer
