"""The userinfo endpoint (OpenID Connect Core section 5.3)."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from authsvc.clients.directory import find_client_by_key
from authsvc.clients.models import RelyingParty
from authsvc.core.addresses import address_of
from authsvc.limits.register import PROGRAMS
from authsvc.oidc.models import Token
from authsvc.oidc.proofs.jose import encrypt, sign
from authsvc.oidc.tokens.bearer import access_token_of, invalid_token
from authsvc.oidc.tokens.claims import (
    claims_of_scopes,
    personal_claims,
    requested_names,
    with_protocol_claims,
)
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.door import answer_refusal, in_json
from authsvc.oidc.wire.interaction_id import with_interaction_id
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest


@csrf_exempt
@require_http_methods(["GET", "POST"])
def userinfo(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the claims that the access token's scopes and the `claims` request stand for."""
    return with_interaction_id(request, _userinfo(request))


def _userinfo(request: TenantRequest) -> HttpResponse:
    try:
        spend((PROGRAMS, address_of(request)))
        token = access_token_of(request)
        # From memory: a relying party has so many columns that reading them takes longer than all the rest.
        client = find_client_by_key(token.grant.client_id)
        if token.grant.subject.status != Subject.Status.ACTIVE or client is None:
            raise invalid_token("the person or the client is closed")
        return _answer(client, _claims(token))
    except RequestRefused as refused:
        return answer_refusal(refused, in_json, tag=None)


def _claims(token: Token) -> dict[str, Any]:
    names = claims_of_scopes(token.scope.split()) + requested_names(token.grant.claims, "userinfo")
    return with_protocol_claims(personal_claims(token.grant.subject, names), {"sub": token.grant.sub})


def _answer(client: RelyingParty, claims: dict[str, Any]) -> HttpResponse:
    algorithm = client.userinfo_signed_response_alg
    if not algorithm and not client.userinfo_encrypted_response_alg:
        return JsonResponse(claims)
    claims = {**claims, "iss": issuer_of(client.tenant), "aud": client.client_id}
    content = sign(claims, algorithm=algorithm or client.id_token_signed_response_alg)
    if client.userinfo_encrypted_response_alg:
        content = encrypt(
            content,
            client=client,
            algorithm=client.userinfo_encrypted_response_alg,
            encoding=client.userinfo_encrypted_response_enc,
        )
    return HttpResponse(content, content_type="application/jwt")
