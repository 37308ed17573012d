"""Pages and interfaces that need a certain assurance."""

import functools
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from .access import InvalidToken, bearer_claims
from .assurance import Wanted, challenge, met
from .sessions import claims_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def require_assurance(
    acr: str, max_age: int | None = None, *, face: bool = False, presence: bool = False
) -> Callable[[View[P]], View[P]]:
    """Let a page be seen only with at least this acr, at most `max_age` seconds old.

    `face` takes a compared face besides, `presence` a living person before a camera. Otherwise the browser
    goes to the provider, which is told all of it, and comes back to the page.
    """
    wanted = Wanted(acr, max_age, face, presence)

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if met(claims_of(request), wanted, now=time.time()):
                return view(request, *args, **kwargs)
            return HttpResponseRedirect(step_up_url(wanted, request.path))

        return never_cache(guarded)

    return decorate


def require_assurance_or_401(
    acr: str, max_age: int | None = None, *, face: bool = False, presence: bool = False
) -> Callable[[View[P]], View[P]]:
    """Let an interface answer only with this assurance; else 401 that says what to get (RFC 9470).

    The caller is known by an access token, or by the session of our own pages. RFC 9470 has no words for the
    face and presence: the body alone says that they are wanted.
    """
    wanted = Wanted(acr, max_age, face, presence)

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                token = bearer_claims(request)
            except InvalidToken:
                return _unauthorized("invalid_token", 'Bearer error="invalid_token"')
            if met(claims_of(request) if token is None else token, wanted, now=time.time()):
                return view(request, *args, **kwargs)
            demand = {"acr_values": wanted.acr, "max_age": wanted.max_age, **_besides(wanted)}
            return _unauthorized("insufficient_user_authentication", challenge(wanted), **demand)

        return never_cache(guarded)

    return decorate


def step_up_url(wanted: Wanted, next_path: str) -> str:
    """Return where to send the browser to prove `wanted` and come back to `next_path`."""
    query = {"next": next_path, "acr": wanted.acr, **dict.fromkeys(_besides(wanted), "1")}
    if wanted.max_age is not None:
        query["max_age"] = str(wanted.max_age)
    return f"{reverse('oidc_authentication_init')}?{urlencode(query)}"


def _besides(wanted: Wanted) -> dict[str, bool]:
    """Return what is wanted beside acr and age, by the names of the query and of the refusal."""
    asked = {"face": wanted.face, "presence": wanted.presence}
    return {name: True for name, is_wanted in asked.items() if is_wanted}


def _unauthorized(error: str, header: str, **demand: str | int | None) -> HttpResponseBase:
    return JsonResponse({"error": error, **demand}, status=401, headers={"WWW-Authenticate": header})
