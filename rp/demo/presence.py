"""A page that asks whether a living person is there before it lets them vote: liveness without a sign-in."""

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from mozilla_django_oidc.utils import import_from_settings

from rp.client.liveness import Liveness, LivenessSession, NoResult
from rp.client.refused import Refused
from rp.demo.environment import KeyRegistration

_KNOWN: KeyRegistration = import_from_settings("LIVENESS")
_SERVICE = Liveness(_KNOWN.issuer, _KNOWN.client_id, _KNOWN.key)
_ISSUER = urlsplit(_KNOWN.issuer)
_ORIGIN = f"{_ISSUER.scheme}://{_ISSUER.netloc}"
_SESSION = "liveness"


@require_safe
@never_cache
@csp_update({"script-src": [_ORIGIN], "frame-src": [_ORIGIN]})
def page(request: HttpRequest) -> HttpResponse:
    """Show the page with the place for the camera's."""
    context = {"module": f"{_KNOWN.issuer}liveness/module/{_KNOWN.client_id}.js"}
    response = render(request, "presence.html", context)
    response["Permissions-Policy"] = f'camera=(self "{_ORIGIN}")'
    return response


@require_POST
def opened(request: HttpRequest) -> JsonResponse:
    """Open a session for the key of the visitor's page, and keep which one in the visitor's own session."""
    try:
        session = _SERVICE.open(str(json.loads(request.body)["jkt"]))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "no key"}, status=400)
    except Refused as refused:
        return _unavailable(refused)
    request.session[_SESSION] = asdict(session)
    return JsonResponse({"agent_url": session.agent_url})


@require_POST
def result(request: HttpRequest) -> JsonResponse:
    """Take the result of the visitor's own session, and say whether somebody was there."""
    kept: dict[str, Any] | None = request.session.get(_SESSION)
    if kept is None:
        return JsonResponse({"error": "no session"}, status=409)
    try:
        claims = _SERVICE.take(LivenessSession(**kept))
    except NoResult as problem:
        if problem.retry_after is not None:
            return _unavailable(problem)  # the result is still there
        request.session.pop(_SESSION)
        return JsonResponse({"there": False, "why": problem.error})
    except Refused as refused:
        return _unavailable(refused)
    if claims is None:
        return JsonResponse({"there": None}, status=202)
    request.session.pop(_SESSION)
    return JsonResponse({"there": True, "claims": claims})


def _unavailable(refused: Refused) -> JsonResponse:
    return JsonResponse({"error": "unavailable", "why": refused.reason}, status=503)
