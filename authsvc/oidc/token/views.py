"""The token endpoint (RFC 6749 section 3.2)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse

from authsvc.clients.grant_types import AUTHORIZATION_CODE, CIBA, REFRESH_TOKEN
from authsvc.clients.models import RelyingParty
from authsvc.core.proven import note_proof
from authsvc.oidc.callers.endpoint import Caller, client_endpoint
from authsvc.oidc.requests.rules.resource import refuse_resource
from authsvc.oidc.token.binding import binding_of
from authsvc.oidc.token.ciba import exchange_request
from authsvc.oidc.token.code import exchange_code
from authsvc.oidc.token.refresh import refresh_tokens
from authsvc.oidc.tokens.access_token import Binding
from authsvc.oidc.wire.answer import token_response
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest

GrantType = Callable[[RelyingParty, Mapping[str, str], Binding], dict[str, Any]]
GRANT_TYPES: dict[str, GrantType] = {
    AUTHORIZATION_CODE: exchange_code,
    REFRESH_TOKEN: refresh_tokens,
    CIBA: exchange_request,
}


@client_endpoint(dpop="token")
def token(request: TenantRequest, caller: Caller, parameters: Mapping[str, str]) -> HttpResponse:
    """Answer a token request by its grant type."""
    asked = parameters.get("grant_type", "")
    exchange = GRANT_TYPES.get(asked)
    if exchange is None:
        raise RequestRefused(
            "unsupported_grant_type" if asked else "invalid_request",
            "This grant_type is not offered.",
            rule="grant-type",
            came=asked,
            expected=", ".join(GRANT_TYPES),
        )
    refuse_resource(parameters)
    answer = exchange(caller.client, parameters, binding_of(request, caller))
    note_proof()  # also by a client without a secret: somebody signed in
    return token_response(answer)
