"""Who comes to the end of a transaction: where it stands, and back into it where it goes on."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from authsvc.capture.browser import browser_key
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import own_transaction


def standing(request: TenantRequest, txn: str) -> Transaction | None:
    """Return the browser's own transaction as it stands, where it is one that goes on at this path."""
    own = own_transaction(txn, browser_key(request, txn))
    return own if own is not None and own.continue_path == request.path else None


def back_into(row: Transaction) -> HttpResponse:
    """Lead to the page of a transaction of this browser."""
    page = reverse("capture:page", kwargs={"tenant": row.tenant.slug, "txn": row.pk})
    return HttpResponseRedirect(page, status=303)
