"""The client's endpoints: to the provider, back from it, sign-out, and sign-out by the provider."""

import logging
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib import auth
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from mozilla_django_oidc.utils import import_from_settings
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
    get_next_url,
)

from . import attempt
from .assurance import Wanted, authorize_parameters
from .attempt import ClientRequest
from .backend import party
from .discovery import provider
from .refused import RETURNED, ProviderUnreachable, Refused
from .sessions import end_sessions, keep
from .tokens import check_logout_token

logger = logging.getLogger(__name__)


@method_decorator(never_cache, name="dispatch")
class AuthenticateView(OIDCAuthenticationRequestView):
    """Send the browser to the provider, asking for `acr`, `max_age`, `face` and `presence` of the query.

    The query comes from the browser and could ask for less; that opens nothing, because each page checks
    what was proven. Raises ProviderUnreachable.
    """

    wanted: Wanted

    def get(self, request: HttpRequest) -> HttpResponseBase:
        try:
            self.wanted = _wanted(request)
        except ValueError:
            raise BadRequest("acr or max_age is not understood") from None
        response: HttpResponseRedirect = super().get(request)
        state = parse_qs(urlsplit(response.url).query)["state"][0]
        attempt.remember(request, state, self.wanted, get_next_url(request, "next") or self._home())
        return response

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        """Add the demands on the authentication."""
        return authorize_parameters(self.wanted)

    def _home(self) -> str:
        home: str = self.get_settings("LOGIN_REDIRECT_URL", "/")
        return home


def _wanted(request: HttpRequest) -> Wanted:
    max_age = request.GET.get("max_age")
    acr = request.GET.get("acr") or import_from_settings("OIDC_DEFAULT_ACR")
    face, presence = (request.GET.get(name) == "1" for name in ("face", "presence"))
    return Wanted(acr, None if max_age is None else int(max_age), face, presence)


@method_decorator(never_cache, name="dispatch")
class CallbackView(OIDCAuthenticationCallbackView):
    """Take the provider's answer: only to an attempt of this browser, only from our issuer."""

    request: ClientRequest
    user: Any

    def get(self, request: ClientRequest) -> HttpResponseBase:
        """Sign the person in and go back to the page. Raises Refused."""
        state = request.GET.get("state", "")
        found = attempt.find(request, state)
        if found is None:
            return self._come_again()
        if request.GET.get("iss") != party().issuer:
            attempt.forget(request, state)
            raise Refused("iss of the answer is missing or another's (RFC 9207)")
        if error := request.GET.get("error"):
            attempt.forget(request, state)
            raise RETURNED.get(error, Refused)(f"the provider answered {error!r}")
        request.attempt = found
        response: HttpResponseBase = super().get(request)
        return response

    def _come_again(self) -> HttpResponseRedirect:
        """Lead a member who reloads the answer, or kept it as a bookmark, to the page; raises Refused."""
        if not self.request.user.is_authenticated:
            raise Refused("state is unknown to this browser")
        return HttpResponseRedirect(import_from_settings("LOGIN_REDIRECT_URL", "/"))

    def login_success(self) -> HttpResponseRedirect:
        """Keep what was proven and return to the page that asked."""
        super().login_success()
        keep(self.request, self.request.attempt)
        return HttpResponseRedirect(self.request.attempt.next_path)

    def login_failure(self) -> HttpResponseRedirect:
        """Raise Refused: there is a page for it."""
        raise Refused("no code, or no account")


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """End the session here, and at the provider when it offers that (RP-Initiated Logout 1.0)."""
    url = _provider_sign_out(request) or import_from_settings("LOGOUT_REDIRECT_URL", "/")
    auth.logout(request)
    return HttpResponseRedirect(url)


def _provider_sign_out(request: HttpRequest) -> str | None:
    id_token = request.session.get(attempt.ID_TOKEN)
    if not id_token:
        return None
    try:
        endpoint = provider().endpoint("end_session_endpoint")
    except ProviderUnreachable:
        # Signing out here must work whatever the provider does.
        return None
    query = {
        "id_token_hint": id_token,
        "client_id": party().client_id,
        "post_logout_redirect_uri": import_from_settings("OIDC_POST_LOGOUT_REDIRECT_URI"),
    }
    return f"{endpoint}?{urlencode(query)}"


@csrf_exempt  # the provider's server calls this, without cookies; the signed token is what counts
@never_cache
@require_POST
def back_channel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that a logout token names (OpenID Connect Back-Channel Logout 1.0 section 2.5)."""
    token = request.POST.get("logout_token", "")
    try:
        claims = check_logout_token(token, provider().keys_for(token), party(), now=time.time())
        ended = end_sessions(claims)
    except Refused as refused:
        logger.warning("logout token refused: %s", refused.reason)
        return JsonResponse({"error": "invalid_request"}, status=400)
    logger.info("sessions ended by the provider: %d", ended)
    return HttpResponse()
