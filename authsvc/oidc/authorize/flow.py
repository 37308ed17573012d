"""From a checked request to the answer: reuse the session, authenticate, ask for consent, issue the code."""

from dataclasses import dataclass

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from authsvc.assurance.levels import Evidence, assess
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.browser import ensure_browser_key, set_browser_key
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.oidc.authorize.consent import consent_needed
from authsvc.oidc.authorize.consent_page import show_consent
from authsvc.oidc.authorize.decide import Reuse, reusable
from authsvc.oidc.authorize.respond import send_answer
from authsvc.oidc.models import PushedRequest, Session
from authsvc.oidc.offering.persons import preselection
from authsvc.oidc.offering.provider import sandbox_offered, subject_identifier
from authsvc.oidc.requests.reached import reported_acr
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.sessions.session import begin_session, events_of, find_session, set_session_cookie
from authsvc.oidc.tokens.grants import CodeBinding, issue_code
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import open_transaction


@dataclass(frozen=True)
class Signed:
    """Who is signed in, by which past or present event, and the transaction that proved it."""

    session: Session
    reuse: Reuse
    transaction_id: str = ""
    new_secret: str | None = None


def start(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, *, login_hint: str = ""
) -> HttpResponse:
    """Answer a checked request from the session where that is enough, else begin an authentication.

    `login_hint` preselects a test person in a sandbox and does nothing elsewhere: who signs in is found
    out from the passkey. Raises RequestRefused (login_required) where no interaction is allowed.
    """
    signed = _signed_in(request, client, wanted)
    if signed is not None:
        return proceed(request, client, wanted, signed)
    if "none" in wanted.prompt:
        raise RequestRefused(
            "login_required",
            "The person is not signed in, or not as the request needs it.",
            rule="prompt-none",
            came="no session that answers the request",
            expected="a live session",
        )
    return _authenticate(request, client, wanted, login_hint)


def resume(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, consumed: Transaction
) -> HttpResponse:
    """Go on after an authentication; its level is computed from the evidence (SB-01).

    Raises RequestRefused where the level is not enough, or it is another person than was asked for.
    """
    assert consumed.subject is not None
    assessment = assess(Evidence.from_record(consumed.evidence))
    acr = reported_acr(assessment.level, wanted, client)
    if acr is None:
        raise RequestRefused(
            "unmet_authentication_requirements",
            "The authentication did not reach what was asked for.",
            rule="acr-reached",
            came=f"{assessment.level.name} ({'; '.join(assessment.reasons)})",
            expected=" ".join(wanted.essential_acr or [client.floor_level]),
        )
    _check_person(client, consumed.subject, wanted)
    session, secret, event = begin_session(
        current=find_session(request),
        subject=consumed.subject,
        device=consumed.device,
        assessment=assessment,
        policy=consumed.evidence.policy,
    )
    signed = Signed(session, Reuse(event, acr), consumed.id, secret)
    response = proceed(request, client, wanted, signed)
    if secret is not None:
        set_session_cookie(response, request, secret)
    return response


def proceed(request: TenantRequest, client: RelyingParty, wanted: Wanted, signed: Signed) -> HttpResponse:
    """Ask for consent where it is needed, else hand over the code."""
    if not consent_needed(client, signed.session.subject, wanted):
        return hand_over(request, client, wanted, signed)
    if "none" in wanted.prompt:
        raise RequestRefused(
            "consent_required",
            "The person has to agree first.",
            rule="prompt-none",
            came="no consent on record",
            expected="a remembered consent",
        )
    return show_consent(request, client, wanted, signed.session, signed.transaction_id)


@transaction.atomic
def hand_over(request: TenantRequest, client: RelyingParty, wanted: Wanted, signed: Signed) -> HttpResponse:
    """Issue the code and send it to the relying party; raises RequestRefused for a request used before."""
    use_up(wanted)
    if not signed.transaction_id:
        Session.objects.filter(pk=signed.session.pk).update(last_used_at=now())
    code = issue_code(
        client=client,
        session=signed.session,
        event=signed.reuse.event,
        acr=signed.reuse.acr,
        scope=" ".join(wanted.scope),
        claims=wanted.claims,
        binding=CodeBinding(wanted.redirect_uri, wanted.code_challenge, wanted.nonce, wanted.dpop_jkt),
        transaction_id=signed.transaction_id,
    )
    if not signed.transaction_id:
        record(Tag.SESSION_REUSED, client=client.client_id, subject=str(signed.session.subject_id))
    return send_answer(request, client, wanted, {"code": code})


def use_up(wanted: Wanted) -> None:
    """Mark the pushed request as answered; raises RequestRefused where it was answered before."""
    unused = PushedRequest.objects.filter(digest=wanted.pushed, used_at=None)
    if wanted.pushed and not unused.update(used_at=now()):
        raise RequestRefused(
            "invalid_request_uri",
            "The pushed request has been used.",
            rule="pushed-request",
            came="a second use",
            expected="a request_uri used once",
        )


def _signed_in(request: TenantRequest, client: RelyingParty, wanted: Wanted) -> Signed | None:
    session = find_session(request)
    if session is None:
        return None
    if wanted.sub and wanted.sub != subject_identifier(client, session.subject_id):
        return None
    moment = now()
    reuse = reusable(events_of(session, moment=moment), wanted, client, moment=moment)
    return Signed(session, reuse) if reuse is not None else None


def _authenticate(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, login_hint: str
) -> HttpResponse:
    key, fresh = ensure_browser_key(request)
    slug = request.tenant.slug
    opened = open_transaction(
        kind=Transaction.Kind.AUTHENTICATE,
        browser_key=key,
        continue_path=f"/t/{slug}/authorize/resume/{{id}}",
        client=client,
        request=wanted,
    )
    parts = {"tenant": slug, "txn": opened.id}
    if sandbox_offered(request.tenant):
        page = reverse("oidc:sandbox", kwargs=parts) + preselection(login_hint)
    else:
        page = reverse("capture:page", kwargs=parts)
    response = HttpResponseRedirect(page)
    if fresh:
        set_browser_key(response, key)
    return response


def _check_person(client: RelyingParty, subject: Subject, wanted: Wanted) -> None:
    if subject.status != Subject.Status.ACTIVE:
        raise RequestRefused(
            "access_denied",
            "The account is closed.",
            rule="subject-active",
            came=subject.status,
            expected="active",
        )
    if wanted.sub and wanted.sub != subject_identifier(client, subject.id):
        raise RequestRefused(
            "login_required",
            "Another person signed in than was asked for.",
            rule="subject-hinted",
            came="another person",
            expected="the person of id_token_hint or of the sub claim",
        )
