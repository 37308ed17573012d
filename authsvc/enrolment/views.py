"""The pages of an enrolment, and their JSON twins for programs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from rest_framework.request import Request
from rest_framework.response import Response

from authsvc.capture import wire
from authsvc.capture.browser import browser_key, ensure_browser_key, set_browser_key
from authsvc.capture.endpoints import JsonEndpoint
from authsvc.capture.page import refusals_as_page
from authsvc.enrolment import services
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


@require_GET
def notice(request: TenantRequest, tenant: str, token: str) -> HttpResponse:
    """Show the notice: who asks, why, where it is compared, how long it is kept, and the way without."""
    if _wants_json(request):
        return Notice.as_view()(request, token=token)
    return _notice_page(request, token=token)


class Notice(JsonEndpoint):
    """The notice for programs."""

    def get(self, request: Request, token: str) -> Response:
        """Return it with the name of the person whom it is for."""
        link = services.find_link(token)
        return Response({"notice": services.show_notice(link), "subject": {"name": link.subject.name}})


@refusals_as_page
def _notice_page(request: TenantRequest, *, token: str) -> HttpResponse:
    link = services.find_link(token)
    context = {"notice": services.show_notice(link), "link": link, "token": token, "tenant": request.tenant}
    return render(request, "enrolment/notice.html", context)


@csrf_exempt
@require_POST
def consent(request: TenantRequest, tenant: str, token: str) -> HttpResponse:
    """Take the person's explicit choice: the face, or a passkey alone."""
    if request.content_type == "application/json":
        return Consent.as_view()(request, token=token)
    return _consent_form(request, token=token)


class Consent(JsonEndpoint):
    """The person's choice, from a program."""

    def post(self, request: Request, token: str) -> Response:
        """Take it, and say where the agent goes on."""
        sent = self.body
        face = sent.get("face", True) is True
        transaction, key = _choose(request, token, sent.get("notice_version"), face=face)
        agent = reverse("capture:agent", kwargs={"tenant": transaction.tenant.slug, "txn": transaction.id})
        response = Response({"transaction": transaction.id, "agent_url": settings.BASE_URL + agent})
        set_browser_key(response, key)
        return response


@refusals_as_page
def _consent_form(request: TenantRequest, *, token: str) -> HttpResponse:
    wire.require_own_origin(request)
    face = request.POST.get("choice") == "face"
    transaction, key = _choose(request, token, request.POST.get("notice_version"), face=face)
    return _to_agent(transaction, key)


def _choose(
    request: HttpRequest | Request, token: str, version: Any, *, face: bool
) -> tuple[Transaction, str]:
    link = services.find_link(token)
    key, _new = ensure_browser_key(request)
    if face:
        return services.agree(link=link, notice_version=str(version), browser_key=key), key
    return services.decline(link=link, browser_key=key), key


def _to_agent(transaction: Transaction, key: str) -> HttpResponse:
    page = reverse("capture:page", kwargs={"tenant": transaction.tenant.slug, "txn": transaction.id})
    response = HttpResponseRedirect(page)
    response.status_code = 303
    set_browser_key(response, key)
    return response


@require_GET
@refusals_as_page
def finish(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Use the enrolment's result, once, and say that it is done."""
    transaction = services.finish_enrolment(
        transaction_id=txn, browser_key=browser_key(request), at=request.path
    )
    context = {"tenant": request.tenant, "face": transaction.evidence.face is not None}
    return render(request, "enrolment/done.html", context)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@refusals_as_page
def passkeys(request: TenantRequest, tenant: str) -> HttpResponse:
    """Explain how a second passkey is added from the first, and start it."""
    if request.method == "GET":
        return render(request, "enrolment/passkeys.html", {"tenant": request.tenant})
    wire.require_own_origin(request)
    key, _new = ensure_browser_key(request)
    return _to_agent(services.open_binding(tenant=request.tenant, browser_key=key), key)


@require_GET
@refusals_as_page
def passkey_added(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Let the new passkey in, once, and say so."""
    services.finish_binding(transaction_id=txn, browser_key=browser_key(request), at=request.path)
    return render(request, "enrolment/passkey_added.html", {"tenant": request.tenant})
