"""Introspection (RFC 7662, RFC 9701): a client learns of its own tokens, and of nobody else's."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.oidc.callers.endpoint import Caller, client_endpoint
from authsvc.oidc.models import Token
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.tokens.access_token import Binding
from authsvc.oidc.tokens.claims import event_claims
from authsvc.oidc.tokens.stored import find_token
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.answer import token_response
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest

SIGNED = "application/token-introspection+jwt"


@client_endpoint()
def introspect(request: TenantRequest, caller: Caller, parameters: Mapping[str, str]) -> HttpResponse:
    """Say whether a token is alive, and what it carries; another client's looks like an unknown one."""
    client = caller.client
    if client.is_public:
        raise RequestRefused(
            "invalid_client",
            "A public client cannot introspect.",
            rule="introspection-client",
            came="a public client",
            expected="a client that authenticates",
            status=401,
        )
    if "token" not in parameters:
        raise RequestRefused(
            "invalid_request",
            "token is missing.",
            rule="introspection-token",
            came="none",
            expected="a token",
        )
    token = find_token(parameters["token"])
    alive = token is not None and _alive(token, client)
    content = _description(token, client) if token is not None and alive else {"active": False}
    if SIGNED in request.META.get("HTTP_ACCEPT", ""):
        return _signed(content, client)
    return token_response(content)


def _signed(content: dict[str, Any], client: RelyingParty) -> HttpResponse:
    claims = {
        "iss": issuer_of(client.tenant),
        "aud": client.client_id,
        "iat": int(now().timestamp()),
        "token_introspection": content,
    }
    algorithm = client.id_token_signed_response_alg
    text = sign(claims, algorithm=algorithm, typ=SIGNED.removeprefix("application/"))
    return HttpResponse(text, content_type=SIGNED)


def _alive(token: Token, client: RelyingParty) -> bool:
    own = token.grant.client_id == client.pk
    return own and token.spent_at is None and token.grant.subject.status == Subject.Status.ACTIVE


def _description(token: Token, client: RelyingParty) -> dict[str, Any]:
    grant = token.grant
    binding = Binding(token.jkt, token.x5t)
    content: dict[str, Any] = {
        "active": True,
        "iss": issuer_of(client.tenant),
        "client_id": client.client_id,
        "aud": client.client_id,
        "sub": grant.sub,
        "scope": token.scope,
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        **event_claims(grant, client),
    }
    if token.kind == Token.Kind.ACCESS:
        content["token_type"] = binding.token_type
    # What a confidential client's refresh token is bound to is its authentication (RFC 9449 section 5).
    if binding.confirmation() and (token.kind == Token.Kind.ACCESS or client.is_public):
        content["cnf"] = binding.confirmation()
    return content
