"""The form: which person, which outcome. No script; its element ids stay as they are."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from authsvc.capture.page import over_page
from authsvc.oidc.interaction import give_new_key, mine, running
from authsvc.oidc.offering.persons import test_persons
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.sandbox.outcomes import LABELS, Outcome, decide
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.door import refusals_on_page
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import SignInRequest


@require_http_methods(["GET", "POST"])
@refusals_on_page()
def sandbox(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Show the form, or let happen what was chosen; a live tenant answers 404."""
    if not sandbox_offered(request.tenant):
        raise Http404("no sandbox authenticator here")
    own = mine(request, txn)
    if own is not None and own.state in Transaction.ENDED:
        return over_page(request, own)
    row = running(request, txn)
    if request.method == "GET":
        return _form(request, row)
    outcome, subject = _chosen(request)
    denied = "?consent=denied" if outcome == Outcome.CONSENT_DENIED else ""
    response = HttpResponseRedirect(row.continue_path + denied)
    give_new_key(request, response, row)
    decide(row, tenant=request.tenant, subject=subject, outcome=outcome)
    return response


def _form(request: TenantRequest, row: Transaction) -> HttpResponse:
    outcomes = [(outcome.value, label) for outcome, label in LABELS.items()]
    persons, wanted = test_persons(), request.GET.get("person")
    chosen = next((person for person in persons if person.external_id == wanted), None)
    asked = SignInRequest.from_json(row.request)
    context = {
        "txn": row,
        "asking": row.client.name if row.client else request.tenant.name,
        "approval": asked if asked.backchannel else None,
        "persons": persons,
        "chosen": chosen,
        "outcomes": outcomes,
    }
    response = render(request, "oidc/sandbox.html", context)
    # The form's answer is a redirect that ends at the relying party, and a browser checks the whole way.
    allow(response, "form-action", asked.redirect_uri)
    if row.client and row.client.logo_uri:
        allow(response, "img-src", row.client.logo_uri)
    return response


def _chosen(request: TenantRequest) -> tuple[Outcome, Subject]:
    try:
        outcome = Outcome(request.POST.get("outcome", ""))
        wanted = UUID(request.POST.get("person", ""))
    except ValueError:
        raise Http404("no such choice") from None
    subject = next((person for person in test_persons() if person.id == wanted), None)
    if subject is None:
        raise Http404("no such test person")
    return outcome, subject
