"""What every endpoint that clients call directly has in common: POST, authentication, JSON errors."""

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.addresses import address_of
from authsvc.core.proven import note_proof
from authsvc.limits.limit import Spending
from authsvc.limits.register import PROGRAMS, PROGRAMS_CLIENT
from authsvc.oidc.callers import authenticate_client
from authsvc.oidc.proofs.dpop import read_proof
from authsvc.oidc.proofs.once import Use, use_once
from authsvc.oidc.wire.addresses import endpoint
from authsvc.oidc.wire.answer import token_response
from authsvc.oidc.wire.door import answer_refusal, in_json
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.parameters import form_of, read_once
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


def client_endpoint(*, dpop: str = "", refusal: Tag = Tag.TOKEN_REFUSED) -> Callable[[Answer], View]:
    """Turn a function of request, caller and parameters into a view that says refusals in JSON.

    The parameters hold no credentials, the proven client's `client_id`, and what the path names.
    `dpop` is the name of the endpoint's route where it takes DPoP proofs, `refusal` the event of a refusal.
    """

    def made(answer: Answer) -> View:
        @csrf_exempt
        @require_POST
        @functools.wraps(answer)
        def view(request: TenantRequest, tenant: str, **path: str) -> HttpResponse:
            name = ""
            try:
                with _Counting(address_of(request)) as counting:
                    form = form_of(request)
                    name = form.get("client_id", [""])[-1]
                    parameters = read_once(form)
                    client, assertion = authenticate_client(
                        request, parameters, before_work=counting.count_address
                    )
                    name = client.client_id
                    counting.count_client(client)
                jkt = _proven_key(request, dpop, assertion)
                return answer(request, Caller(client, jkt), {**_asked(client, parameters), **path})
            except RequestRefused as refused:
                return answer_refusal(
                    refused,
                    in_json,
                    tag=refusal,
                    client_id="" if refused.rule == PROGRAMS.name else name,
                    transaction=path.get("txn", ""),
                )
            except (OperationalError, InterfaceError):
                # What the request had changed is rolled back, so it can be sent again; what proves the
                # client by a key may have been noted, and has to be new at each request anyway.
                log.exception("the database did not answer")
                response = token_response({"error": "temporarily_unavailable"}, status=503)
                response["Retry-After"] = "10"
                return response

        return view

    return made


class _Counting:
    """Counts a request by its address, before much is done for it or it is refused, and by its client.

    Both are one question to the store where the client is known by a look into memory (docs/adr/0453).
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._left: list[Spending] = [(PROGRAMS, address)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.count_address()

    def count_address(self) -> None:
        """Count it by its address, where that was not done; raises RequestRefused."""
        costs, self._left = self._left, []
        if costs:
            spend(*costs)

    def count_client(self, client: RelyingParty) -> None:
        """Count it for the client that proved itself, and note the proof; raises RequestRefused.

        Anybody passes for a client without a secret, which is therefore counted by address too.
        """
        costs, self._left = self._left, []
        of = f"{client.pk} {self._address}" if client.is_public else client.pk
        try:
            spend(*costs, (PROGRAMS_CLIENT, of))
        except RequestRefused as refused:
            if refused.rule != PROGRAMS.name:
                _note_proof_of(client)
            raise
        _note_proof_of(client)


def _note_proof_of(client: RelyingParty) -> None:
    if not client.is_public:
        note_proof()


def _asked(client: RelyingParty, parameters: Mapping[str, str]) -> dict[str, str]:
    asked = {name: value for name, value in parameters.items() if name not in _CREDENTIALS}
    return {**asked, "client_id": client.client_id}


def _proven_key(request: TenantRequest, dpop: str, assertion: Use | None) -> str:
    """Read the proof, and note it as used together with the client's assertion; raises RequestRefused."""
    uses = [assertion] if assertion else []
    text = request.META.get("HTTP_DPOP") if dpop else None
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
