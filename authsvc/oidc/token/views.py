"""The token endpoint's view."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.oidc.client_authentication import authenticate_client
from authsvc.oidc.parameters import read_once
from authsvc.oidc.refusal import RequestRefused
from authsvc.oidc.reporting import report
from authsvc.oidc.token.answer import error_response, token_response
from authsvc.oidc.token.code import exchange_code
from authsvc.oidc.tokens.access_token import UNBOUND, Binding
from authsvc.tenancy.middleware import TenantRequest

GrantType = Callable[[RelyingParty, Mapping[str, str], Binding], dict[str, Any]]
GRANT_TYPES: dict[str, GrantType] = {"authorization_code": exchange_code}


@csrf_exempt
@require_POST
def token(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer a token request (RFC 6749 section 3.2)."""
    try:
        return token_response(_exchange(request))
    except RequestRefused as refused:
        report(refused, tag=Tag.TOKEN_REFUSED, client_id=request.POST.get("client_id", ""))
        return error_response(refused)


def _exchange(request: TenantRequest) -> dict[str, Any]:
    parameters = read_once(request.POST)
    client = authenticate_client(request, parameters)
    asked = parameters.get("grant_type", "")
    try:
        exchange = GRANT_TYPES[asked]
    except KeyError:
        raise RequestRefused(
            "unsupported_grant_type" if asked else "invalid_request",
            "This grant_type is not offered.",
            rule="grant-type",
            came=asked,
            expected=", ".join(GRANT_TYPES),
        ) from None
    return exchange(client, parameters, UNBOUND)
