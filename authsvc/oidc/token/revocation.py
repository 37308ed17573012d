"""Revocation (RFC 7009): a client gives back its own tokens."""

from collections.abc import Mapping

from django.db import transaction
from django.http import HttpResponse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.oidc.callers.endpoint import Caller, client_endpoint
from authsvc.oidc.models import Token
from authsvc.oidc.tokens.grants import revoke_grant
from authsvc.oidc.tokens.stored import find_token
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest


@client_endpoint()
@transaction.atomic
def revoke(request: TenantRequest, caller: Caller, parameters: Mapping[str, str]) -> HttpResponse:
    """Revoke a token; a refresh token takes its whole family along.

    An unknown token, and another client's, is answered in the same way and changes nothing.
    """
    client = caller.client
    if "token" not in parameters:
        raise RequestRefused(
            "invalid_request", "token is missing.", rule="revocation-token", came="none", expected="a token"
        )
    token = find_token(parameters["token"])
    if token is None or token.grant.client_id != client.pk:
        return HttpResponse(status=200)
    if token.kind == Token.Kind.REFRESH:
        revoke_grant(token.grant, tag=Tag.TOKEN_REVOKED, client_id=client.client_id, reason="by-client")
        return HttpResponse(status=200)
    Token.objects.filter(pk=token.pk).update(revoked_at=now())
    record(
        Tag.TOKEN_REVOKED,
        transaction=token.grant.transaction,
        client=client.client_id,
        subject=str(token.grant.subject_id),
        reason="by-client",
    )
    return HttpResponse(status=200)
