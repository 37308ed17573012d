"""What a relying party's server calls: to open a session, and to take its result (docs/liveness-service.md).

Each call proves the client as at the token endpoint, and so is a POST; taking a result is a change besides,
which no cache, no prefetch and no retry may bring about (docs/adr/0443).
"""

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse

from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.liveness.asking import asked_by, require_service, require_vouched
from authsvc.liveness.results import is_pending, take_result
from authsvc.liveness.sessions import open_session, own_session
from authsvc.oidc.callers.endpoint import Caller, client_endpoint
from authsvc.oidc.wire.answer import token_response
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction

_INTERVAL: Final = 2
"""Seconds between two questions for a result that is pending."""


@client_endpoint(refusal=Tag.LIVENESS_REFUSED)
def sessions(request: TenantRequest, caller: Caller, parameters: Mapping[str, str]) -> HttpResponse:
    """Open a session for the holder of the key that the relying party names."""
    require_service(caller.client)
    asked = asked_by(request.tenant, parameters)
    if not asked.sandbox:
        require_vouched()
    row, agent_url = open_session(caller.client, asked)
    opened = {"id": row.pk, "agent_url": agent_url, "expires_in": _seconds_left(row)}
    return token_response(opened, status=201)


@client_endpoint(refusal=Tag.LIVENESS_REFUSED)
def session(request: TenantRequest, caller: Caller, parameters: Mapping[str, str]) -> HttpResponse:
    """Say that it is pending, or hand its result over, once."""
    require_service(caller.client)
    row = own_session(caller.client, parameters["txn"])
    if is_pending(row):
        waiting = {"status": "pending", "interval": _INTERVAL, "expires_in": _seconds_left(row)}
        return token_response(waiting, status=202)
    return token_response({"status": "done", "result": take_result(row, caller.client)})


def _seconds_left(row: Transaction) -> int:
    return max(0, round((row.expires_at - now()).total_seconds()))
