"""The client registration endpoint (RFC 7591 section 3) and the client configuration endpoint (RFC 7592)."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.addresses import address_of
from authsvc.core.ids import secret_hash
from authsvc.core.lengths import json_problem
from authsvc.core.proven import note_proof
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.core.texts import in_english
from authsvc.limits.register import PROGRAMS, REGISTRATIONS
from authsvc.oidc.offering.provider import provider_options
from authsvc.oidc.registration.access import bearer_of, find_own
from authsvc.oidc.registration.changes import change_itself, register_itself, remove_itself
from authsvc.oidc.registration.documents import document_of, member_of
from authsvc.oidc.registration.statements import with_statement
from authsvc.oidc.wire.addresses import endpoint
from authsvc.oidc.wire.answer import token_response
from authsvc.oidc.wire.door import answer_refusal, in_json
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest

_LONGEST = 64 * 1024
# What only the server says (RFC 7592 section 2.2).
_NOT_IN_UPDATES = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@csrf_exempt
@require_POST
def register(request: TenantRequest, tenant: str) -> HttpResponse:
    """Register a relying party; 404 where the tenant does not offer it."""
    _require_offered()
    try:
        spend((REGISTRATIONS, address_of(request)))
        document = with_statement(_read(request))
        party, secret, token = register_itself(request, document)
    except (RequestRefused, RegistrationProblems) as problem:
        return _refusal(problem, "")
    content = _content(party, secret=secret, token=token)
    if "software_statement" in document:
        content["software_statement"] = document["software_statement"]
    return token_response(content, status=201)


@csrf_exempt
@require_http_methods(["GET", "PUT", "DELETE"])
def registration(request: TenantRequest, tenant: str, client_id: str) -> HttpResponse:
    """Read, replace or end a registration, by its registration access token."""
    _require_offered()
    try:
        spend((PROGRAMS, address_of(request)))
        party = find_own(request, client_id)
        note_proof()
        if request.method == "DELETE":
            remove_itself(party)
            return HttpResponse(status=204)
        secret = None
        if request.method == "PUT":
            document = _read(request)
            _check_update(party, document)
            party, secret = change_itself(party, with_statement(document))
    except (RequestRefused, RegistrationProblems) as problem:
        return _refusal(problem, client_id)
    return token_response(_content(party, secret=secret, token=bearer_of(request)))


def _require_offered() -> None:
    if not provider_options().dynamic_registration:
        raise Http404("dynamic registration is off")


def _read(request: TenantRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise _bad_request(request.content_type or "no content type", "application/json")
    body = request.read(_LONGEST + 1)
    if len(body) > _LONGEST:
        raise _bad_request("a longer body", f"at most {_LONGEST} bytes")
    try:
        document = parse_json(body)
    except NotJson as problem:
        raise _bad_request(str(problem), "JSON") from None
    if not isinstance(document, dict):
        raise _bad_request(type(document).__name__, "an object")
    if too_long := json_problem(document):
        raise _bad_request(too_long, "no longer texts and lists")
    return document


def _check_update(party: RelyingParty, document: dict[str, Any]) -> None:
    if document.get("client_id") != party.client_id:
        raise _bad_request(f"client_id {document.get('client_id')}", party.client_id)
    extra = [name for name in _NOT_IN_UPDATES if name in document]
    if extra:
        raise _bad_request(", ".join(extra), "only what the client decides")
    secret = document.get("client_secret")
    known = {row.digest for row in party.secrets.all()}
    if secret is not None and (not isinstance(secret, str) or secret_hash(secret) not in known):
        raise _bad_request("another client_secret", "the one in use, or none")


def _content(party: RelyingParty, *, secret: str | None, token: str) -> dict[str, Any]:
    address = endpoint(party.tenant, "registration", client_id=party.client_id)
    content = {
        **document_of(party),
        "registration_access_token": token,
        "registration_client_uri": address,
    }
    if secret is not None:
        content |= {"client_secret": secret, "client_secret_expires_at": 0}
    return content


def _refusal(problem: RequestRefused | RegistrationProblems, client_id: str) -> HttpResponse:
    refused = problem if isinstance(problem, RequestRefused) else _metadata_refused(problem)
    return answer_refusal(refused, in_json, tag=Tag.REGISTRATION_REFUSED, client_id=client_id)


def _metadata_refused(problems: RegistrationProblems) -> RequestRefused:
    said = {
        member_of(name): " ".join(map(in_english, messages)) for name, messages in problems.fields.items()
    }
    return RequestRefused(
        "invalid_redirect_uri" if "redirect_uris" in said else "invalid_client_metadata",
        "; ".join(f"{name}: {text}" for name, text in said.items()),
        rule="client-metadata",
        came=", ".join(said),
        expected="metadata that can work",
    )


def _bad_request(came: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_client_metadata",
        f"The request cannot be used: {expected} was expected.",
        rule="registration-request",
        came=came,
        expected=expected,
    )
