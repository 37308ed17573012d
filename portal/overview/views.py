"""The overview."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from authsvc.core.clock import now
from authsvc.management import overview as readings
from portal.accounts.requests import PortalRequest
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
        },
    )
