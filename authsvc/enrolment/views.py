"""The pages of an enrolment, and their JSON twins for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from rest_framework.request import Request
from rest_framework.response import Response

from authsvc.capture import wire
from authsvc.capture.browser import browser_key, browser_keys, set_browser_key
from authsvc.capture.coming_back import back_into, standing
from authsvc.capture.endpoints import JsonEndpoint
from authsvc.capture.page import refusals_as_page
from authsvc.capture.pushing import address_in, push_offer
from authsvc.capture.texts import page_texts
from authsvc.capture.ways import start_page
from authsvc.core.addresses import address_of
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret
from authsvc.enrolment import services
from authsvc.enrolment.renewal import asks_for_more, finish_renewal, open_renewal
from authsvc.enrolment.telling import be_told, is_wanted
from authsvc.hosts.places import place_of
from authsvc.limits.register import SIGN_INS
from authsvc.privacy.consent import NoticeChanged
from authsvc.privacy.models import Need
from authsvc.privacy.needs import has_need
from authsvc.privacy.notice import Purpose
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest
from authsvc.transactions.services import own_transaction


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
    shown = services.show_notice(link)
    presence = shown["purpose"] == Purpose.PRESENCE
    context = {
        "notice": shown,
        "presence": presence,
        "link": link,
        "token": token,
        "tenant": request.tenant,
        "changed": "changed" in request.GET,
        "spared": has_need(link.subject, Need.Kind.NO_TURN),
        "steps": [_("Agree"), _("Passkey"), *([] if presence else [_("Face")])],
        "texts": page_texts(),
    }
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
        origin = place_of(transaction.tenant_id).origin
        response = Response({"transaction": transaction.id, "agent_url": origin + agent})
        set_browser_key(request, response, transaction.id, key)
        return response


@refusals_as_page
def _consent_form(request: TenantRequest, *, token: str) -> HttpResponse:
    wire.require_own_origin(request)
    face = request.POST.get("choice") == "face"
    try:
        transaction, key = _choose(request, token, request.POST.get("notice_version"), face=face)
    except NoticeChanged:
        page = reverse("enrolment:notice", kwargs={"tenant": request.tenant.slug, "token": token})
        return HttpResponseRedirect(f"{page}?changed=1", status=303)
    return _to_agent(request, transaction, key)


def _choose(
    request: HttpRequest | Request, token: str, version: Any, *, face: bool
) -> tuple[Transaction, str]:
    link = services.find_link(token)
    held, key = browser_keys(request), new_secret()
    if face:
        row = services.agree(link=link, notice_version=str(version), browser_key=key, held=held)
    else:
        row = services.decline(link=link, browser_key=key, held=held)
    return row, held.get(row.pk, key)


def _to_agent(request: HttpRequest, transaction: Transaction, key: str) -> HttpResponse:
    response = back_into(transaction)
    set_browser_key(request, response, transaction.pk, key)
    return response


@require_GET
@refusals_as_page
def finish(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Use the enrolment's result, once, and say that it is done; to who comes again, say where it stands."""
    own = standing(request, txn)
    codes: list[str] = []
    if own is None or own.state == Transaction.State.DECIDED:
        try:
            own, codes = services.finish_enrolment(
                transaction_id=txn, browser_key=browser_key(request, txn), at=request.path
            )
        except Refused:
            # The same browser may have asked twice at once: the other request finished it meanwhile.
            own = standing(request, txn)
            if own is None or own.state != Transaction.State.CONSUMED:
                raise
    if own.state == Transaction.State.CONSUMED:
        context = {
            "tenant": request.tenant,
            "transaction": own,
            "face": own.evidence.face is not None,
            "presence": EnrolmentRequest.from_json(own.request).presence,
            "more": asks_for_more(own),
            "codes": codes,
            "push": push_offer(request.tenant) if is_wanted(own) else None,
        }
        return render(request, "enrolment/done.html", context)
    if own.state not in Transaction.LEFT:
        return back_into(own)
    services.link_of(own)
    context = {"tenant": request.tenant, "transaction": own}
    return render(request, "enrolment/left.html", context)


@csrf_exempt
@require_POST
@refusals_as_page
def told(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Keep the address at which the browser that has just enrolled takes pushes."""
    wire.require_own_origin(request)
    be_told(own_transaction(txn, browser_key(request, txn)), address_in(request.POST))
    # The page stays as it is: it may show recovery codes, this once.
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
@refusals_as_page
def again(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Begin an enrolment anew that this browser left; what the person chose stays chosen."""
    wire.require_own_origin(request)
    own = own_transaction(txn, browser_key(request, txn))
    if own is None or own.kind != Transaction.Kind.ENROL:
        raise Refused("unknown", _("This sign-in does not exist. Please start again."), status=404)
    held, key = browser_keys(request), new_secret()
    row = services.begin_again(transaction=own, browser_key=key, held=held)
    return _to_agent(request, row, held.get(row.pk, key))


@csrf_exempt
@require_http_methods(["GET", "POST"])
@refusals_as_page
def passkeys(request: TenantRequest, tenant: str) -> HttpResponse:
    """Explain how a second passkey is added from the first, and start it."""
    if request.method == "GET":
        return render(request, "enrolment/passkeys.html", {"tenant": request.tenant})
    wire.require_own_origin(request)
    SIGN_INS.spend(address_of(request))
    key = new_secret()
    return _to_agent(request, services.open_binding(tenant=request.tenant, browser_key=key), key)


@require_GET
@refusals_as_page
def passkey_added(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Let the new passkey in, once, and say so; to who comes again, say where it stands."""
    own = standing(request, txn)
    if own is None or own.state == Transaction.State.DECIDED:
        services.finish_binding(transaction_id=txn, browser_key=browser_key(request, txn), at=request.path)
    elif own.state in Transaction.LEFT:
        return render(request, "enrolment/left.html", {"tenant": request.tenant, "transaction": own})
    elif own.state != Transaction.State.CONSUMED:
        return back_into(own)
    context = {"tenant": request.tenant, "ways": start_page(request.tenant)}
    return render(request, "enrolment/passkey_added.html", context)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@refusals_as_page
def moments(request: TenantRequest, tenant: str) -> HttpResponse:
    """Explain how a moment is added to what is kept of a face, and start it.

    `after` names what this browser has just finished: then it is for the same person.
    """
    if request.method == "GET":
        return render(request, "enrolment/moments.html", {"tenant": request.tenant})
    wire.require_own_origin(request)
    SIGN_INS.spend(address_of(request))
    before = request.POST.get("after", "")
    own, key = own_transaction(before, browser_key(request, before)), new_secret()
    finished = own is not None and own.state == Transaction.State.CONSUMED
    subject = own.subject if own is not None and finished else None
    opened = open_renewal(tenant=request.tenant, browser_key=key, subject=subject)
    return _to_agent(request, opened, key)


@require_GET
@refusals_as_page
def moment_added(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Let the moment count, once, and say so; to who comes again, say where it stands."""
    own = standing(request, txn)
    if own is None or own.state == Transaction.State.DECIDED:
        own = finish_renewal(transaction_id=txn, browser_key=browser_key(request, txn), at=request.path)
    context = {"tenant": request.tenant, "transaction": own}
    if own.state in Transaction.LEFT:
        return render(request, "enrolment/left.html", context)
    if own.state != Transaction.State.CONSUMED:
        return back_into(own)
    return render(request, "enrolment/moment_added.html", {**context, "more": asks_for_more(own)})
