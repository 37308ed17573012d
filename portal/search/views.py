"""The page of search, and what a script asks while somebody types."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from portal.accounts.requests import PortalRequest
from portal.search.finding import LONGEST, as_json, find, place_of

_ON_A_PAGE = 20


@require_GET
def search(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what a text finds; a number that is known leads to what explains it at once."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    hits = find(request, text, most=_ON_A_PAGE)
    if hits and hits[0].label == text and hits[0].url == place_of(request, text):
        return redirect(hits[0].url)
    return render(request, "portal/search.html", {"text": text, "hits": hits, "longest": LONGEST})


@require_GET
def suggest(request: PortalRequest, tenant: str) -> HttpResponse:
    """Give what a text finds as JSON."""
    return JsonResponse({"hits": as_json(find(request, request.GET.get("q", "")))})
