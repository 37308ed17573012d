"""Access tokens that callers of an interface send: the provider says what they are worth (RFC 7662)."""

import re

import requests
from django.http import HttpRequest
from mozilla_django_oidc.utils import import_from_settings

from .backend import party
from .discovery import TIMEOUT_SECONDS, provider
from .refused import ProviderUnreachable
from .tokens import Claims

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class InvalidToken(Exception):
    """The access token is malformed, expired, revoked or somebody else's (RFC 6750 section 3.1)."""


def bearer_claims(request: HttpRequest) -> Claims | None:
    """Return what stands behind the request's access token, None where it carries none.

    The answer holds acr and auth_time of the event that the token came from (RFC 9470 section 6.2).
    Raises InvalidToken and ProviderUnreachable.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    token = _BEARER.fullmatch(header)
    if token is None:
        raise InvalidToken
    found = _introspect(token[1])
    if found.get("active") is not True or found.get("token_type") != "Bearer":
        raise InvalidToken
    return found


def _introspect(token: str) -> Claims:
    secret = import_from_settings("OIDC_RP_CLIENT_SECRET")
    try:
        response = requests.post(
            provider().endpoint("introspection_endpoint"),
            data={"token": token},
            auth=(party().client_id, secret),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        response.raise_for_status()
        found = response.json()
    except (requests.RequestException, ValueError) as problem:
        raise ProviderUnreachable(f"introspection: {problem}") from problem
    if not isinstance(found, dict):
        raise ProviderUnreachable("introspection answers no object")
    return found
