"""The backchannel authentication endpoint (CIBA Core 1.0 section 7)."""

from collections.abc import Mapping

from django.http import HttpResponse

from authsvc.oidc.callers.endpoint import Caller, client_endpoint
from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.requests.book import Endpoint, run_rules
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.answer import token_response
from authsvc.tenancy.middleware import TenantRequest


@client_endpoint()
def backchannel_authentication(
    request: TenantRequest, caller: Caller, parameters: Mapping[str, str]
) -> HttpResponse:
    """Take a request for a person who is somewhere else, and name it."""
    context = Context(tenant=request.tenant, parameters=dict(parameters))
    run_rules(context, Endpoint.BACKCHANNEL)
    auth_req_id, row = open_request(context)
    life = int((row.expires_at - row.created_at).total_seconds())
    return token_response({"auth_req_id": auth_req_id, "expires_in": life, "interval": row.interval})
