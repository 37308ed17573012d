"""Requests of the test bench: it shows a ticket in place of a person (authsvc/oidc/bench)."""

from django.http import HttpResponse

from authsvc.clients.models import RelyingParty
from authsvc.oidc.authorize.respond import send_answer
from authsvc.oidc.bench.answering import code_for_bench, nothing_to_try
from authsvc.oidc.bench.ticket import HEADER, read_ticket
from authsvc.oidc.requests.wanted import Tried, Wanted
from authsvc.tenancy.middleware import TenantRequest


def tried_by(request: TenantRequest) -> Tried | None:
    """Return the case that a request is for, None where it is a person's."""
    ticket = request.headers.get(HEADER)
    return read_ticket(ticket, request.tenant) if ticket else None


def answer_bench(request: TenantRequest, client: RelyingParty, wanted: Wanted, tried: Tried) -> HttpResponse:
    """Send the code of a case to the relying party; nobody is signed in here, and no session begins."""
    code = code_for_bench(client, wanted, tried)
    return nothing_to_try() if code is None else send_answer(request, client, wanted, {"code": code})
