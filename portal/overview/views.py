"""The overview."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from authsvc.core.clock import now
from authsvc.management import overview as readings
from authsvc.management import policies, starting
from authsvc.management.overview import Overview
from authsvc.management.policy_words import sentences
from authsvc.management.sign_ins import by_party
from authsvc.policy.evaluate import DEFAULT
from portal.accounts.requests import PortalRequest
from portal.overview import tiles
from portal.overview.forms import ReceiptForm
from portal.search.finding import place_of
from portal.ui.chart import stacked_bars


@require_GET
def overview(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the last 24 hours against the usual, and what needs attention."""
    read = readings.read(now())
    hours = read.sign_ins.hours
    return render(
        request,
        "portal/overview.html",
        {
            **_of_now(request, read),
            "hours": [(hour, tiles.hour_link(request, hour)) for hour in hours],
            "chart": stacked_bars(tiles.bars(request, hours)),
            "levels": tiles.levels(request, read),
            "parties": tiles.parties(request, read, by_party(read.moment)),
            "lookup": ReceiptForm(),
            "steps": starting.steps(read.counts.has),
        },
    )


@require_GET
def overview_now(request: PortalRequest, tenant: str) -> HttpResponse:
    """Give the part of the overview that changes by the minute, for a page that is open."""
    return render(request, "portal/overview/now.html", _of_now(request, readings.read(now())))


def _of_now(request: PortalRequest, read: Overview) -> dict[str, Any]:
    return {
        "now": read,
        "tiles": tiles.tiles(request, read),
        "attacks": tiles.attacks(request, read),
        "attention": [
            (item, f"{place}?{item.query}" if item.query else place)
            for item in read.attention
            for place in [tiles.link(request, item.screen)]
        ],
        "said": tiles.said(read),
    }


@require_http_methods(["GET", "POST"])
def read_policy(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what the policy in force says, and take that somebody read it."""
    newest = next(iter(policies.versions()), None)
    said = sentences(newest[0].document if newest else DEFAULT)
    return _read(request, "policy", {"said": said})


@require_http_methods(["GET", "POST"])
def read_retention(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show how long everything is kept, and take that somebody read it."""
    return _read(request, "retention", {"kept": starting.kept_for()})


def _read(request: PortalRequest, what: str, context: dict[str, Any]) -> HttpResponse:
    if request.method == "POST":
        starting.note_read(by=request.member, what=what)
        return redirect("overview", tenant=request.tenant.slug)
    return render(request, f"portal/start_{what}.html", context)


@require_GET
def receipt(request: PortalRequest, tenant: str) -> HttpResponse:
    """Lead from a receipt number that a person tells to what explains it, or say that there is none."""
    lookup = ReceiptForm(request.GET or None)
    place = place_of(request, lookup.cleaned_data["number"]) if lookup.is_valid() else ""
    return redirect(place) if place else render(request, "portal/receipt.html", {"lookup": lookup})
