"""One interaction with a person, the same for every flow: it begins, is come back from, or is left.

A flow names where the browser is to come back to, and takes the result up there. Between the two lie the
capture page and the person's passkey, or in a sandbox that turned it on, the sandbox's form.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction as database
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.face import face_said
from authsvc.assurance.levels import Assessment, Evidence, assess
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.browser import browser_key, set_browser_key
from authsvc.clients.models import RelyingParty
from authsvc.core.components import ComponentKind
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret
from authsvc.core.texts import in_english
from authsvc.oidc.models import Session
from authsvc.oidc.offering.persons import preselection
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.sessions.logout.ending import end_session
from authsvc.oidc.sessions.session import begin_session, find_session, set_session_cookie
from authsvc.oidc.tokens.event import Event
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import Requested
from authsvc.transactions.services import (
    Party,
    cancel,
    consume,
    find_live,
    open_transaction,
    own_transaction,
    renew_key,
)


def begin(
    request: TenantRequest,
    *,
    back_to: str,
    client: RelyingParty | None = None,
    asked: Requested | None = None,
    login_hint: str = "",
    told_by: Collection[ComponentKind] = (),
) -> HttpResponse:
    """Send the browser to authenticate, and afterwards to the path `back_to`.

    "{id}" in it stands for the transaction's id. `asked` is what the flow will want to know then.
    `login_hint` preselects a test person on the sandbox's form and does nothing elsewhere. `told_by` are the
    ways by which the person heard of it, where a relying party asked without a browser.
    """
    key = new_secret()
    opened = open_sign_in(key, back_to=back_to, client=client, asked=asked, told_by=told_by)
    opened.tenant = request.tenant  # so that it is not read again
    preselected = preselection(login_hint) if sandbox_offered(request.tenant) else ""
    response = HttpResponseRedirect(page_of(opened) + preselected)
    set_browser_key(request, response, opened.pk, key)
    return response


def open_sign_in(
    key: str,
    *,
    back_to: str,
    client: RelyingParty | None,
    asked: Requested | None,
    told_by: Collection[ComponentKind] = (),
) -> Transaction:
    """Open the transaction of an interaction; whoever holds the key may take its result."""
    return open_transaction(
        kind=Transaction.Kind.AUTHENTICATE,
        browser_key=key,
        continue_path=back_to,
        client=client,
        request=asked,
        told_by=told_by,
    )


def give_new_key(request: TenantRequest, response: HttpResponse, row: Transaction) -> None:
    """Let this browser alone go on, before an answer is taken that no passkey gave (sandbox tenants)."""
    key = new_secret()
    renew_key(row, key)
    set_browser_key(request, response, row.pk, key)


def running(request: TenantRequest, txn: str) -> Transaction:
    """Return the transaction that the browser's person is before right now; raises RequestRefused."""
    try:
        return find_live(txn, browser_key(request, txn), party=Party.AGENT)
    except Refused as refused:
        raise _ended(refused) from None


@dataclass(frozen=True)
class Outcome:
    """What came of an interaction: its transaction, and whether its result is taken up by this visit.

    Where it is not, the person left it or let it run out, comes again, or comes too early.
    """

    transaction: Transaction
    fresh: bool

    @property
    def turned_back(self) -> bool:
        """Whether the person left it, or let it run out."""
        return self.transaction.state in Transaction.LEFT

    @property
    def taken_before(self) -> bool:
        """Whether an earlier visit took the result: the page was reloaded, or kept as a bookmark."""
        return not self.fresh and self.transaction.state == Transaction.State.CONSUMED

    @property
    def unfinished(self) -> bool:
        """Whether the person is still before it."""
        return self.transaction.state not in Transaction.ENDED

    def result(self) -> Transaction:
        """Return the transaction with its result; raises RequestRefused where the person turned back."""
        if self.turned_back:
            raise RequestRefused(
                "access_denied",
                "The person turned back.",
                rule="person-cancelled",
                came="cancelled",
                expected="a sign-in",
            )
        return self.transaction


def take_up(request: TenantRequest, txn: str) -> Outcome:
    """Take what came of the interaction that ends at this request's path; only the first visit gets a result.

    Raises RequestRefused where it is unknown, another browser's, or for another place.
    """
    own = mine(request, txn)
    if own is not None and own.continue_path == request.path and own.state != Transaction.State.DECIDED:
        return Outcome(own, fresh=False)
    return Outcome(result_of(txn, browser_key(request, txn), at=request.path, known=own), fresh=True)


def mine(request: TenantRequest, txn: str) -> Transaction | None:
    """Return a transaction of this browser as it stands, None where it is not this browser's."""
    return own_transaction(txn, browser_key(request, txn))


def leave(request: TenantRequest, txn: str) -> None:
    """End an interaction of this browser that still goes on; what a worker judges goes on."""
    own = mine(request, txn)
    if own is not None and own.state not in Transaction.ENDED:
        with suppress(Refused):
            cancel(own)


def back_into(outcome: Outcome) -> HttpResponse:
    """Send the browser back to an interaction that it has not finished."""
    return HttpResponseRedirect(page_of(outcome.transaction))


def page_of(row: Transaction) -> str:
    """Return the path of the page that the person of an interaction is before."""
    page = "oidc:sandbox" if sandbox_offered(row.tenant) else "capture:page"
    return reverse(page, kwargs={"tenant": row.tenant.slug, "txn": row.pk})


def result_of(txn: str, key: str | None, *, at: str, known: Transaction | None = None) -> Transaction:
    """Use a transaction's result up, at the path that it was opened for; raises RequestRefused.

    `known` is the row where it has just been read.
    """
    try:
        return consume(txn, key, at=at, known=known)
    except Refused as refused:
        if refused.tag:
            # What it refused is rolled back; the event is not (T26).
            record(Tag(refused.tag), transaction=txn, reason=refused.code, detail=refused.detail)
        raise _ended(refused) from None


def assessment_of(consumed: Transaction) -> Assessment:
    """Return what an authentication is worth, by its evidence alone (SB-01)."""
    return assess(Evidence.from_record(consumed.evidence))


def event_of(consumed: Transaction) -> Event:
    """Return the authentication of a transaction whose result was taken up, at that moment."""
    assert consumed.ended_at is not None
    assessment, proven = assessment_of(consumed), consumed.evidence
    said = (proven.policy, face_said(proven), proven.handoff)
    return Event(assessment.level, assessment.amr, consumed.ended_at, *said)


@dataclass(frozen=True)
class Entry:
    """An authentication in the browser's session; `secret` is that of its new cookie."""

    session: Session
    event: Event
    secret: str

    def kept_by(self, response: HttpResponse, request: TenantRequest) -> HttpResponse:
        """Let the browser keep the session, and return the response."""
        set_session_cookie(response, request, self.secret)
        return response


@database.atomic
def enter(request: TenantRequest, consumed: Transaction) -> Entry:
    """Enter an authentication into the browser's session; raises RequestRefused for a closed account.

    The session of another person ends here, and its relying parties hear of it.
    """
    assert consumed.subject is not None
    require_open_account(consumed.subject)
    current, event = find_session(request), event_of(consumed)
    if current is not None and current.subject_id != consumed.subject_id:
        end_session(current, reason="replaced")
        current = None
    session, secret = begin_session(
        current=current, subject=consumed.subject, device=consumed.device, event=event
    )
    return Entry(session, event, secret)


def _ended(refused: Refused) -> RequestRefused:
    return RequestRefused(
        "access_denied",
        in_english(refused.person),
        rule=f"transaction-{refused.code}",
        came=refused.detail,
        status=refused.status,
        person=refused.person,
    )


def require_open_account(subject: Subject) -> None:
    """Raise RequestRefused for a closed account."""
    if subject.status != Subject.Status.ACTIVE:
        raise RequestRefused(
            "access_denied",
            "The account is closed.",
            rule="subject-active",
            came=subject.status,
            expected="active",
            person=_("This account is closed."),
        )
