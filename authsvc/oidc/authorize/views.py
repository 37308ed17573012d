"""The authorization endpoint and the two places where a request goes on."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.directory import find_client
from authsvc.clients.models import RelyingParty
from authsvc.core.addresses import address_of
from authsvc.limits.register import SIGN_INS, SIGN_INS_CLIENT, SIGN_INS_TENANT
from authsvc.oidc.authorize.consent_page import Pending, asked_by, consent_open, read_pending, show_consent
from authsvc.oidc.authorize.flow import agreed, resume, start, to_partner
from authsvc.oidc.authorize.trying import answer_bench, tried_by
from authsvc.oidc.interaction import Outcome, back_into, take_up
from authsvc.oidc.models import Session
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.requests.book import Endpoint, run_rules
from authsvc.oidc.requests.wanted import Context, Wanted
from authsvc.oidc.sessions.session import event_of_moment, find_session, holds_cookie
from authsvc.oidc.wire.crosssite import as_get
from authsvc.oidc.wire.door import answer_refusal, on_page, refusals_on_page
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.pages import finished_page
from authsvc.oidc.wire.parameters import given_to, read_once
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction

_TOO_OLD = _("This page was open for too long. Please start again.")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer an authentication request (OpenID Connect Core section 3.1.2), by GET or POST."""
    if request.method == "POST" and not holds_cookie(request):
        again = as_get(request)
        if again is not None:
            return again
    context = Context(tenant=request.tenant, parameters={}, tried=tried_by(request))
    try:
        spend((SIGN_INS, address_of(request)))
        context.parameters = read_once(given_to(request))
        run_rules(context, Endpoint.AUTHORIZE)
        spend((SIGN_INS_CLIENT, context.client.pk), (SIGN_INS_TENANT, request.tenant.pk))
        if context.tried is not None:
            return answer_bench(request, context.client, context.wanted, context.tried)
        hint = context.parameters.get("login_hint", "")
        return start(request, context.client, context.wanted, login_hint=hint)
    except RequestRefused as refused:
        say = on_page(request, party=context.client_)
        if context.returnable and "Retry-After" not in refused.headers:
            say = to_partner(request, context.client, context.wanted)
        return answer_refusal(refused, say, client_id=context.parameters.get("client_id", ""))


@require_GET
@refusals_on_page()
def resume_authorization(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Go on with a request whose person has authenticated, or has turned back."""
    outcome = take_up(request, txn)
    wanted = Wanted.from_json(outcome.transaction.request)
    client = _client_of(wanted)
    if outcome.unfinished:
        return back_into(outcome)
    if outcome.taken_before:
        return _come_again(request, client, wanted, outcome.transaction)
    if _consent_denied_in_sandbox(request, outcome):
        return _consent_refused(request, client, wanted, txn)
    return _or_refusal(
        request,
        client,
        wanted,
        lambda: resume(request, client, wanted, outcome.result()),
        transaction_id=txn,
    )


def _come_again(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, taken: Transaction
) -> HttpResponse:
    """Ask anew what was asked when the page was left or reloaded; else say that the sign-in is finished."""
    session = find_session(request)
    if session is None or taken.ended_at is None or session.subject_id != taken.subject_id:
        return finished_page(request, client)
    event = event_of_moment(session, taken.ended_at)
    if event is None or not consent_open(client, session, wanted, taken):
        return finished_page(request, client)
    return show_consent(request, client, Pending(wanted, session.pk, taken.pk, event))


@require_POST
@refusals_on_page()
def consent(request: TenantRequest, tenant: str) -> HttpResponse:
    """Take the person's answer to the consent page."""
    pending = read_pending(request)
    session = find_session(request)
    if pending is None or session is None or session.pk != pending.session_id:
        return _too_old(request)
    wanted = pending.wanted
    client = _client_of(wanted)
    if request.POST.get("answer") != "yes":
        return _consent_refused(request, client, wanted, pending.transaction_id)
    return _or_refusal(request, client, wanted, lambda: _agreed(request, client, pending, session))


def _too_old(request: TenantRequest) -> HttpResponse:
    refused = RequestRefused(
        "access_denied", "This page is too old.", rule="consent-page", came="a stale or foreign consent page"
    )
    client_id = asked_by(request)
    party = find_client(client_id) if client_id else None
    return answer_refusal(refused, on_page(request, person=_TOO_OLD, party=party))


def _agreed(request: TenantRequest, client: RelyingParty, pending: Pending, session: Session) -> HttpResponse:
    with transaction.atomic():
        return agreed(request, client, pending, session)


def _client_of(wanted: Wanted) -> RelyingParty:
    client = find_client(wanted.client_id)
    if client is None:
        raise RequestRefused(
            "access_denied",
            "The client is not registered any more.",
            rule="client-known",
            came=wanted.client_id,
            expected="an active relying party",
        )
    return client


def _consent_denied_in_sandbox(request: TenantRequest, outcome: Outcome) -> bool:
    denied = not outcome.turned_back and request.GET.get("consent") == "denied"
    return denied and sandbox_offered(request.tenant)


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
        say = to_partner(request, client, wanted)
        return answer_refusal(refused, say, client_id=client.client_id, transaction=transaction_id)


def _consent_refused(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, transaction_id: str
) -> HttpResponse:
    record(Tag.CLAIMS_CONSENT_REFUSED, client=client.client_id, transaction=transaction_id)
    cause = RequestRefused(
        "access_denied", "The person did not agree.", rule="consent", came="no", expected="consent"
    )
    return answer_refusal(cause, to_partner(request, client, wanted), tag=None)
