"""The overview."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from authsvc.core.clock import now
from authsvc.management import overview as readings
from authsvc.management.receipts import explained_by
from authsvc.transactions.models import Transaction
from portal.accounts.requests import PortalRequest
from portal.overview.forms import ReceiptForm
from portal.ui.chart import stacked_bars


@require_GET
def overview(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the last 24 hours and what needs attention."""
    moment = now()
    hours = readings.sign_ins_by_hour(moment)
    labels = [f"{hour.start:%H}" if hour.start.hour % 4 == 0 else "" for hour in hours]
    chart = stacked_bars(
        [(label, hour.accepted, hour.refused) for label, hour in zip(labels, hours, strict=True)]
    )
    return render(
        request,
        "portal/overview.html",
        {
            "hours": hours,
            "chart": chart,
            "accepted": sum(hour.accepted for hour in hours),
            "refused": sum(hour.refused for hour in hours),
            "attention": readings.needs_attention(moment),
            "totals": readings.totals(),
            "lookup": ReceiptForm(),
        },
    )


@require_GET
def receipt(request: PortalRequest, tenant: str) -> HttpResponse:
    """Lead from a receipt number that a person tells to what explains it, or say that there is none."""
    lookup = ReceiptForm(request.GET or None)
    found = explained_by(lookup.cleaned_data["number"]) if lookup.is_valid() else None
    if isinstance(found, Transaction):
        return redirect("attempt", tenant=tenant, transaction=found.pk)
    if found is not None:
        query = urlencode({"reference": lookup.cleaned_data["number"]})
        return redirect(f"{reverse('audit', kwargs={'tenant': tenant})}?{query}")
    return render(request, "portal/receipt.html", {"lookup": lookup})
