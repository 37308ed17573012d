"""Screens of the attempts."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from authsvc.management.attempts.account import account_of
from authsvc.transactions.models import Transaction
from portal.accounts.requests import PortalRequest
from portal.attempts.forms import AttemptFilter
from portal.ui.paging import page_of


@require_GET
def attempt_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List attempts, the newest first; a receipt number of one attempt leads to it."""
    form = AttemptFilter(request.GET)
    page = page_of(request, form.rows(), key=("-created_at", "-id"))
    if form.cleaned_data.get("reference") and len(page.rows) == 1:
        return redirect("attempt", tenant=tenant, transaction=page.rows[0].pk)
    context = {"page": page, "form": form, "filtered": any(form.cleaned_data.values())}
    return render(request, "portal/attempts/list.html", context)


@require_GET
def attempt_detail(request: PortalRequest, tenant: str, transaction: str) -> HttpResponse:
    """Explain one attempt step by step."""
    try:
        account = account_of(transaction)
    except Transaction.DoesNotExist:
        raise Http404 from None
    return render(request, "portal/attempts/detail.html", vars(account))
