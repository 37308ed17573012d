"""The authorization endpoint and the two places where a request goes on."""

from collections.abc import Callable
from contextlib import suppress

from django.db import transaction
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.browser import browser_key
from authsvc.clients.directory import find_client
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.texts import Text, in_english
from authsvc.oidc.authorize.consent import remember_consent
from authsvc.oidc.authorize.consent_page import Pending, read_pending
from authsvc.oidc.authorize.decide import reusable
from authsvc.oidc.authorize.flow import Signed, hand_over, resume, start, use_up
from authsvc.oidc.authorize.respond import send_answer
from authsvc.oidc.models import Session
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.requests.book import Endpoint, run_rules
from authsvc.oidc.requests.wanted import Context, Wanted
from authsvc.oidc.sessions.session import COOKIE, events_of, find_session
from authsvc.oidc.wire.crosssite import as_get
from authsvc.oidc.wire.pages import refusal_page
from authsvc.oidc.wire.parameters import read_once
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.oidc.wire.reporting import report
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import consume, find_left


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer an authentication request (OpenID Connect Core section 3.1.2), by GET or POST."""
    if request.method == "POST" and COOKIE not in request.COOKIES:
        again = as_get(request)
        if again is not None:
            return again
    context = Context(tenant=request.tenant, parameters={})
    try:
        context.parameters = read_once(request.POST if request.method == "POST" else request.GET)
        run_rules(context, Endpoint.AUTHORIZE)
    except RequestRefused as refused:
        reference = report(
            refused, tag=Tag.REQUEST_REFUSED, client_id=context.parameters.get("client_id", "")
        )
        if not context.returnable:
            return refusal_page(request, refused, reference)
        return _send_refusal(request, context.client, context.wanted, refused)
    hint = context.parameters.get("login_hint", "")
    return _or_refusal(
        request,
        context.client,
        context.wanted,
        lambda: start(request, context.client, context.wanted, login_hint=hint),
    )


@require_GET
def resume_authorization(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Go on with a request whose person has authenticated, or has turned back."""
    left = _left_by_the_person(request, txn)
    if left is not None:
        return left
    try:
        consumed = consume(txn, browser_key(request), at=request.path)
    except Refused as refused:
        rule = f"transaction-{refused.code}"
        cause = RequestRefused(
            "access_denied", in_english(refused.person), rule=rule, came=refused.detail, status=refused.status
        )
        return _stop(request, cause, person=refused.person, transaction_id=txn[:24])
    wanted = Wanted.from_json(consumed.request)
    client = find_client(wanted.client_id)
    if client is None:
        return _stop(request, _client_gone(wanted), transaction_id=txn)
    if sandbox_offered(request.tenant) and request.GET.get("consent") == "denied":
        return _consent_refused(request, client, wanted, txn)
    return _or_refusal(
        request, client, wanted, lambda: resume(request, client, wanted, consumed), transaction_id=txn
    )


@require_POST
def consent(request: TenantRequest, tenant: str) -> HttpResponse:
    """Take the person's answer to the consent page."""
    pending = read_pending(request)
    session = find_session(request)
    if pending is None or session is None or session.pk != pending.session_id:
        came = "a stale or foreign consent page"
        return _stop(
            request, RequestRefused("access_denied", "This page is too old.", rule="consent-page", came=came)
        )
    wanted = pending.wanted
    client = find_client(wanted.client_id)
    if client is None:
        return _stop(request, _client_gone(wanted))
    if request.POST.get("answer") != "yes":
        return _consent_refused(request, client, wanted, pending.transaction_id)
    return _or_refusal(request, client, wanted, lambda: _consented(request, client, pending, session))


def _consented(
    request: TenantRequest, client: RelyingParty, pending: Pending, session: Session
) -> HttpResponse:
    wanted = pending.wanted
    # What these asked for has been done before the page was shown.
    wanted.prompt = [value for value in wanted.prompt if value not in {"login", "select_account", "consent"}]
    if pending.transaction_id:
        wanted.max_age = None
    moment = now()
    reuse = reusable(events_of(session, moment=moment), wanted, client, moment=moment)
    if reuse is None:
        return start(request, client, wanted)
    with transaction.atomic():
        remember_consent(client, session.subject, wanted)
        return hand_over(request, client, wanted, Signed(session, reuse, pending.transaction_id))


def _client_gone(wanted: Wanted) -> RequestRefused:
    return RequestRefused(
        "access_denied",
        "The client is not registered any more.",
        rule="client-known",
        came=wanted.client_id,
        expected="an active relying party",
    )


def _stop(
    request: TenantRequest, refused: RequestRefused, *, person: Text = "", transaction_id: str = ""
) -> HttpResponse:
    reference = report(refused, tag=Tag.REQUEST_REFUSED, transaction=transaction_id)
    return refusal_page(request, refused, reference, person=person)


def _or_refusal(
    request: TenantRequest,
    client: RelyingParty,
    wanted: Wanted,
    step: Callable[[], HttpResponse],
    *,
    transaction_id: str = "",
) -> HttpResponse:
    try:
        return step()
    except RequestRefused as refused:
        report(refused, tag=Tag.REQUEST_REFUSED, client_id=client.client_id, transaction=transaction_id)
        return _send_refusal(request, client, wanted, refused)


def _send_refusal(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, refused: RequestRefused
) -> HttpResponse:
    with suppress(RequestRefused):
        use_up(wanted)
    answer = {"error": refused.error, "error_description": refused.description}
    return send_answer(request, client, wanted, answer)


def _left_by_the_person(request: TenantRequest, txn: str) -> HttpResponse | None:
    row = find_left(txn, browser_key(request))
    if row is None or row.kind != Transaction.Kind.AUTHENTICATE:
        return None
    wanted = Wanted.from_json(row.request)
    client = find_client(wanted.client_id)
    if client is None:
        return None
    cause = RequestRefused(
        "access_denied",
        "The person turned back.",
        rule="person-cancelled",
        came="cancelled",
        expected="a sign-in",
    )
    report(cause, tag=Tag.REQUEST_REFUSED, client_id=client.client_id, transaction=txn)
    return _send_refusal(request, client, wanted, cause)


def _consent_refused(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, transaction_id: str
) -> HttpResponse:
    record(Tag.CLAIMS_CONSENT_REFUSED, client=client.client_id, transaction=transaction_id)
    cause = RequestRefused(
        "access_denied", "The person did not agree.", rule="consent", came="no", expected="consent"
    )
    return _send_refusal(request, client, wanted, cause)
