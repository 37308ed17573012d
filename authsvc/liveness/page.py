"""The camera's page within a site's own, and the module by which the site shows it (docs/adr/0444)."""

from typing import Any, cast

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from authsvc.capture.page import page_context, refusals_as_page, script
from authsvc.capture.possession import require_served
from authsvc.clients.directory import find_client
from authsvc.clients.scopes import LIVENESS
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.liveness.origins import origins_of
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction


@require_GET
@refusals_as_page
def page(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Show the agent's page of a session to the pages of its relying party alone.

    It shows nothing of a person, and does nothing for whoever cannot prove the session's key; so that its
    address may be opened without one.
    """
    row = _running(txn)
    assert row.client is not None
    origins = origins_of(row.client)
    response = render(request, "capture/page.html", page_context(row, embedded=origins))
    return _framed_by(response, origins)


def _running(txn: str) -> Transaction:
    rows = Transaction.objects.select_related("client", "subject", "device", "tenant")
    row = rows.filter(pk=txn, kind=Transaction.Kind.LIVENESS).first()
    if row is None or row.client is None:
        raise Refused("unknown", _("This does not exist. Please go back to the site."), status=404)
    require_served(row)
    if row.state in Transaction.ENDED or row.expires_at <= now():
        raise Refused("ended", _("This is over. Please go back to the site."), status=410)
    return row


def _framed_by(response: HttpResponse, origins: list[str]) -> HttpResponse:
    """Let pages of these origins alone show a page within theirs."""
    framed: Any = response
    if origins:
        framed._csp_replace = {"frame-ancestors": origins}
        framed.xframe_options_exempt = True  # it knows no list of origins, and CSP goes before it
    return cast(HttpResponse, framed)


@require_GET
def module(request: TenantRequest, tenant: str, client_id: str) -> HttpResponse:
    """Give the module to the pages of a relying party (CORS); any other page's browser gets none of it."""
    client = find_client(client_id)
    if client is None or LIVENESS not in client.scopes:
        raise Http404("no client of this service")
    origin = request.headers.get("Origin", "")
    if origin not in origins_of(client):
        said = {"error": "foreign-origin", "error_description": "No redirect URI of this client is there."}
        response: HttpResponse = JsonResponse(said, status=403)
    else:
        response = script("js/liveness/module.js")
        response["Access-Control-Allow-Origin"] = origin
    response["Vary"] = "Origin"
    return response
