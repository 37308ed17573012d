"""From a checked request to the answer: reuse the session, authenticate, ask for consent, issue the code."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse

from authsvc.assurance.face import face_said
from authsvc.assurance.levels import Assessment, Level
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.assurance import floor_of
from authsvc.core.clock import now
from authsvc.oidc.authorize.consent_page import Pending, show_consent
from authsvc.oidc.authorize.decide import Reuse, is_older, reusable
from authsvc.oidc.authorize.respond import send_answer
from authsvc.oidc.authorize.testing import end_test, to_portal
from authsvc.oidc.consents.consent import consent_needed, remember_consent
from authsvc.oidc.interaction import assessment_of, begin, enter
from authsvc.oidc.models import PushedRequest, Session
from authsvc.oidc.offering.provider import subject_identifier
from authsvc.oidc.requests.reached import face_missing, presence_missing, reported_acr
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.sessions.session import events_of, find_session
from authsvc.oidc.tokens.grants import CodeBinding, issue_code
from authsvc.oidc.wire.door import Saying
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction

# What these ask for has been done when the person agrees.
_DONE: Final = frozenset({"login", "select_account", "consent"})


@dataclass(frozen=True)
class Signed:
    """Who is signed in, by which past or present event, and the transaction that proved it."""

    session: Session
    reuse: Reuse
    transaction_id: str = ""


def start(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, *, login_hint: str = ""
) -> HttpResponse:
    """Answer a checked request from the session where that is enough, else begin an authentication.

    `login_hint` preselects a test person in a sandbox and does nothing elsewhere: who signs in is found
    out from the passkey. Raises RequestRefused (login_required) where no interaction is allowed.
    """
    signed = None if wanted.test else _signed_in(request, client, wanted)
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
    return _authenticate(request, client, wanted, login_hint=login_hint)


def _authenticate(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, *, login_hint: str = ""
) -> HttpResponse:
    back_to = f"/t/{request.tenant.slug}/authorize/resume/{{id}}"
    return begin(request, back_to=back_to, client=client, asked=wanted, login_hint=login_hint)


def resume(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, consumed: Transaction
) -> HttpResponse:
    """Go on after an authentication; its level is computed from the evidence (SB-01).

    Raises RequestRefused where the level is not enough, it is another person than was asked for, or the
    account is closed.
    """
    assert consumed.subject is not None
    assessment = assessment_of(consumed)
    acr = _reached(client, wanted, assessment.level, assessment.reasons)
    _require_face(client, assessment, wanted)
    _require_presence(client, consumed, wanted)
    _require_person(client, consumed.subject, wanted)
    if wanted.test:
        _use_up(wanted)
        return end_test(client, wanted, consumed, acr)
    entry = enter(request, consumed)
    signed = Signed(entry.session, Reuse(entry.event, acr), consumed.id)
    return entry.kept_by(proceed(request, client, wanted, signed), request)


def agreed(request: TenantRequest, client: RelyingParty, pending: Pending, session: Session) -> HttpResponse:
    """Go on after the person has agreed, with the very authentication that led to the page.

    Where it has become too old meanwhile, the same person authenticates again, and is not asked again.
    Raises RequestRefused.
    """
    wanted = pending.wanted
    remember_consent(client, session.subject, wanted)
    wanted.prompt = [value for value in wanted.prompt if value not in _DONE]
    reuse = _agreed_on(client, pending, session)
    if reuse is not None:
        return hand_over(request, client, wanted, Signed(session, reuse, pending.transaction_id))
    wanted.sub = wanted.sub or subject_identifier(client, session.subject_id)
    return _authenticate(request, client, wanted)


def _agreed_on(client: RelyingParty, pending: Pending, session: Session) -> Reuse | None:
    wanted, moment = pending.wanted, now()
    if pending.event is None:
        return reusable(events_of(session, moment=moment), wanted, client, moment=moment)
    if wanted.max_age and is_older(pending.event, wanted.max_age, moment):
        return None
    # With max_age=0 an authentication for this request was asked for, and this is it.
    return Reuse(pending.event, _reached(client, wanted, pending.event.level))


def _reached(client: RelyingParty, wanted: Wanted, level: Level, reasons: Iterable[str] = ()) -> str:
    acr = reported_acr(level, wanted, client)
    if acr is None:
        raise RequestRefused(
            "unmet_authentication_requirements",
            "The authentication did not reach what was asked for.",
            rule="acr-reached",
            came=f"{level.name} ({'; '.join(reasons)})",
            expected=" ".join(wanted.essential_acr or [floor_of(client, wanted.scope).name]),
        )
    return acr


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
    event = signed.reuse.event if signed.transaction_id else None
    return show_consent(request, client, Pending(wanted, signed.session.pk, signed.transaction_id, event))


def hand_over(request: TenantRequest, client: RelyingParty, wanted: Wanted, signed: Signed) -> HttpResponse:
    """Issue the code and send it to the relying party; raises RequestRefused for a request used before."""
    code = issue_code(
        client=client,
        session=signed.session,
        event=signed.reuse.event,
        acr=signed.reuse.acr,
        scope=" ".join(wanted.scope),
        claims=wanted.claims,
        binding=CodeBinding(wanted.redirect_uri, wanted.code_challenge, wanted.nonce, wanted.dpop_jkt),
        transaction_id=signed.transaction_id,
        pushed=wanted.pushed,
    )
    if code is None:
        raise _used_before()
    return send_answer(request, client, wanted, {"code": code})


def to_partner(request: TenantRequest, client: RelyingParty, wanted: Wanted) -> Saying:
    """Say a refusal to the relying party, at the redirect URI and in the mode that it asked for."""

    def say(refused: RequestRefused, reference: str) -> HttpResponse:
        with suppress(RequestRefused):
            _use_up(wanted)
        if wanted.test:
            return to_portal(wanted, reference)
        answer = {"error": refused.error, "error_description": refused.description}
        return send_answer(request, client, wanted, answer)

    return say


def _use_up(wanted: Wanted) -> None:
    unused = PushedRequest.objects.filter(digest=wanted.pushed, used_at=None)
    if wanted.pushed and not unused.update(used_at=now()):
        raise _used_before()


def _used_before() -> RequestRefused:
    return RequestRefused(
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


def _require_face(client: RelyingParty, assessment: Assessment, wanted: Wanted) -> None:
    if face_missing(assessment.amr, wanted, client):
        raise RequestRefused(
            "unmet_authentication_requirements",
            "The face was demanded, and none was shown.",
            rule="face-demanded",
            came=" ".join(assessment.amr),
            expected="face among the methods",
        )


def _require_presence(client: RelyingParty, consumed: Transaction, wanted: Wanted) -> None:
    if presence_missing(face_said(consumed.evidence), wanted, client):
        raise RequestRefused(
            "unmet_authentication_requirements",
            "Presence was demanded, and not shown.",
            rule="presence-demanded",
            came="no living person before a camera",
            expected="presence",
        )


def _require_person(client: RelyingParty, subject: Subject, wanted: Wanted) -> None:
    if wanted.sub and wanted.sub != subject_identifier(client, subject.id):
        raise RequestRefused(
            "login_required",
            "Another person signed in than was asked for.",
            rule="subject-hinted",
            came="another person",
            expected="the person of id_token_hint or of the sub claim",
        )
