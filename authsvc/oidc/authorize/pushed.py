"""Pushed authorization requests (RFC 9126): stored for a minute, bound to their client, used up once."""

from collections.abc import Mapping

from django.http import HttpResponse

from authsvc.core.addresses import address_of
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.limits.register import PUSHED
from authsvc.oidc.callers.endpoint import Caller, client_endpoint
from authsvc.oidc.models import PushedRequest
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.requests.book import Endpoint, run_rules
from authsvc.oidc.requests.rules.pushed_request import PREFIX
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.answer import token_response
from authsvc.oidc.wire.lifetimes import PUSHED_REQUEST
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.rows import insert, new_row


@client_endpoint(dpop="par")
def par(request: TenantRequest, caller: Caller, parameters: Mapping[str, str]) -> HttpResponse:
    """Check a request by the same rules as the authorization endpoint, and keep it."""
    if "request_uri" in parameters:
        raise RequestRefused(
            "invalid_request",
            "A pushed request cannot refer to another.",
            rule="pushed-request-uri",
            came="request_uri",
            expected="the request itself",
        )
    if caller.client.is_public:
        spend((PUSHED, f"{caller.client.pk} {address_of(request)}"))
    context = Context(tenant=request.tenant, parameters=dict(parameters))
    run_rules(context, Endpoint.PUSHED)
    if not sandbox_offered(request.tenant):
        # It says who a person is, and nothing here will use it.
        context.parameters.pop("login_hint", None)
    name = new_secret()
    pushed = new_row(
        PushedRequest,
        digest=secret_hash(name),
        client_id=caller.client.pk,
        parameters=context.parameters,
        dpop_jkt=_bound_key(caller.jkt, context),
        expires_at=now() + PUSHED_REQUEST,
    )
    insert([pushed])
    content = {"request_uri": PREFIX + name, "expires_in": int(PUSHED_REQUEST.total_seconds())}
    return token_response(content, status=201)


def _bound_key(proven: str, context: Context) -> str:
    named = context.wanted.dpop_jkt
    if proven and named and proven != named:
        raise RequestRefused(
            "invalid_dpop_proof",
            "dpop_jkt is not the key of the DPoP proof.",
            rule="pushed-dpop-key",
            came=named,
            expected=proven,
        )
    return proven or named
