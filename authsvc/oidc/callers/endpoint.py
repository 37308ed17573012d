"""What every endpoint that clients call directly has in common: POST, authentication, JSON errors."""

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.oidc.callers import authenticate_client
from authsvc.oidc.proofs.dpop import read_proof
from authsvc.oidc.proofs.once import Use, use_once
from authsvc.oidc.wire.addresses import endpoint
from authsvc.oidc.wire.answer import token_response
from authsvc.oidc.wire.door import answer_refusal, in_json
from authsvc.oidc.wire.parameters import read_once
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest

log = logging.getLogger(__name__)

# What proves the client is no part of what it asks for.
_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


@dataclass(frozen=True)
class Caller:
    """The client that proved itself, and the thumbprint of the key that its DPoP proof is signed by.

    `jkt` is "" without a proof, and where the endpoint takes none.
    """

    client: RelyingParty
    jkt: str = ""


Answer = Callable[[TenantRequest, Caller, Mapping[str, str]], HttpResponse]
View = Callable[..., HttpResponse]


def client_endpoint(*, dpop: str = "") -> Callable[[Answer], View]:
    """Turn a function of request, caller and parameters into a view that says refusals in JSON.

    The parameters hold no credentials, and the proven client's `client_id`.
    `dpop` is the name of the endpoint's route where it takes DPoP proofs.
    """

    def made(answer: Answer) -> View:
        @csrf_exempt
        @require_POST
        @functools.wraps(answer)
        def view(request: TenantRequest, tenant: str) -> HttpResponse:
            name = request.POST.get("client_id", "")
            try:
                parameters = read_once(request.POST)
                client, assertion = authenticate_client(request, parameters)
                name = client.client_id
                jkt = _proven_key(request, dpop, assertion)
                return answer(request, Caller(client, jkt), _asked(client, parameters))
            except RequestRefused as refused:
                return answer_refusal(refused, in_json, tag=Tag.TOKEN_REFUSED, client_id=name)
            except (OperationalError, InterfaceError):
                # What the request had changed is rolled back, so it can be sent again; what proves the
                # client by a key may have been noted, and has to be new at each request anyway.
                log.exception("the database did not answer")
                return token_response({"error": "temporarily_unavailable"}, status=503)

        return view

    return made


def _asked(client: RelyingParty, parameters: Mapping[str, str]) -> dict[str, str]:
    asked = {name: value for name, value in parameters.items() if name not in _CREDENTIALS}
    return {**asked, "client_id": client.client_id}


def _proven_key(request: TenantRequest, dpop: str, assertion: Use | None) -> str:
    """Read the proof, and note it as used together with the client's assertion; raises RequestRefused."""
    uses = [assertion] if assertion else []
    text = request.headers.get("DPoP") if dpop else None
    if text is None:
        use_once(*uses)
        return ""
    try:
        proof = read_proof(text, str(request.method), endpoint(request.tenant, dpop))
    except RequestRefused:
        # An assertion counts once also beside a proof that does not count.
        use_once(*uses)
        raise
    use_once(*uses, proof.use)
    return proof.jkt
