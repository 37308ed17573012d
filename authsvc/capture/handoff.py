"""The phone's side of a hand-off (W2): what the code leads to, the number, and the end.

Plain forms: whoever scanned a code reads who asks for what, says that the other screen is before them, and
types its number. What follows is the agent's page.
"""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from authsvc.capture import wire
from authsvc.capture.browser import browser_key, set_browser_key
from authsvc.capture.page import client_host, refusals_as_page
from authsvc.capture.texts import page_texts
from authsvc.capture.ways import start_page
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import SignInRequest
from authsvc.transactions.services import (
    Party,
    deny,
    find_handoff,
    has_met,
    is_number,
    meet,
    own_transaction,
    take_over,
)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@refusals_as_page
def handoff(request: TenantRequest, tenant: str, txn: str, secret: str) -> HttpResponse:
    """Show what a scanned code is for, and take the answer, then the number."""
    key = browser_key(request, txn)
    if own_transaction(txn, key) is not None:
        # The code was opened in the very browser that shows it.
        return HttpResponseRedirect(reverse("capture:desk", kwargs={"tenant": tenant, "txn": txn}))
    row = find_handoff(txn, secret, key)
    if request.method == "GET":
        return _page(request, row, met=has_met(row, key))
    wire.require_own_origin(request)
    if has_met(row, key):
        return _take_number(request, row, secret, key)
    return _take_answer(request, row, secret)


def _take_answer(request: TenantRequest, row: Transaction, secret: str) -> HttpResponse:
    answer = request.POST.get("answer")
    if answer == "no":
        deny(row, secret)
        return _ended(request, row, "capture/handoff_denied.html")
    if answer != "yes":
        return _page(request, row, met=False)
    key = new_secret()
    meet(row, secret, key=key)
    response = HttpResponseRedirect(request.path, status=303)
    set_browser_key(request, response, row.pk, key)
    return response


def _take_number(request: TenantRequest, row: Transaction, secret: str, key: str | None) -> HttpResponse:
    number, digits = request.POST.get("number", "").strip(), _digits(row)
    if not is_number(number, digits=digits):
        return _page(request, row, met=True, mistyped=True)
    agent_key = new_secret()
    if not take_over(row, secret, key=key, number=number, agent_key=agent_key):
        return _ended(request, row, "capture/handoff_wrong.html", status=403)
    page = reverse("capture:page", kwargs={"tenant": row.tenant.slug, "txn": row.pk})
    response = HttpResponseRedirect(page, status=303)
    set_browser_key(request, response, row.pk, agent_key)
    return response


def _ended(request: TenantRequest, row: Transaction, template: str, *, status: int = 200) -> HttpResponse:
    context = {"tenant": row.tenant, "ways": start_page(row.tenant)}
    return render(request, template, context, status=status)


def _digits(row: Transaction) -> int:
    handoff = row.handoff
    assert handoff is not None
    return handoff.digits


def _page(request: TenantRequest, row: Transaction, *, met: bool, mistyped: bool = False) -> HttpResponse:
    asked = SignInRequest.from_json(row.request)
    context = {
        "transaction": row,
        "tenant": row.tenant,
        "client": row.client,
        "asking": row.client.name if row.client else row.tenant.name,
        "client_host": client_host(asked.redirect_uri),
        "met": met,
        "digits": _digits(row),
        "pattern": rf"\p{{Nd}}{{{_digits(row)}}}",
        "mistyped": mistyped,
        "texts": page_texts(),
    }
    return render(request, "capture/handoff.html", context, status=422 if mistyped else 200)


@require_GET
@refusals_as_page
def handed_on(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Tell the phone that took a transaction over where it stands; one that goes on leads back into it."""
    row = own_transaction(txn, browser_key(request, txn), party=Party.AGENT)
    if row is None or not row.handed_over:
        raise Refused(
            "foreign-browser",
            _("This sign-in was taken over by another device. Please start again."),
            detail="not the agent's key",
            status=403,
        )
    if row.state not in {Transaction.State.DECIDED, *Transaction.ENDED}:
        return HttpResponseRedirect(reverse("capture:page", kwargs={"tenant": tenant, "txn": txn}))
    context = {"transaction": row, "tenant": row.tenant, "ways": start_page(row.tenant)}
    return render(request, "capture/handed_on.html", context)
