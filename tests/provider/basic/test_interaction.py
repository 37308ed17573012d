"""One interaction for every flow: where it is come back to, who turned back, whose account is closed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture.browser import cookie_name
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_id, new_secret
from authsvc.core.remembered import forget_everything
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.wire.door import answer_refusal, in_json, on_page, refusals_on_page
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.provider.browser import Browser, Partner, answer_of, fields_of_form, make_partner, make_person

_TXN = new_id()


@dataclass
class Flow:
    """One of the flows that begin an interaction: its transaction, and the path to come back to."""

    name: str
    visitor: Browser
    partner: Partner
    txn: str = ""

    def begin(self) -> None:
        if self.name == "authorize":
            begun = self.visitor.authorize(self.partner)
        else:
            begun = self.visitor.http.post(f"{self.visitor.root}approve/enter")
        self.txn = self.visitor.opened(begun)

    def come_back(self, *, by_the_way_of: str = "") -> Any:
        place = {"authorize": "authorize/resume", "enter": "approve/entered"}[by_the_way_of or self.name]
        return self.visitor.http.get(f"{self.visitor.root}{place}/{self.txn}")


@pytest.fixture(params=["authorize", "enter"])
def flow(request: pytest.FixtureRequest, visitor: Browser) -> Flow:
    """A flow that has begun."""
    begun = Flow(request.param, visitor, make_partner())
    begun.begin()
    return begun


def other(flow: Flow) -> str:
    """The other flow's name."""
    return "enter" if flow.name == "authorize" else "authorize"


def refused_rows() -> list[tuple[str, str]]:
    """Reason and transaction of what was refused."""
    rows = AuditEvent.objects.filter(tag=Tag.REQUEST_REFUSED.value).order_by("sequence")
    return list(rows.values_list("reason", "transaction"))


@pytest.mark.parametrize("state", [Transaction.State.CANCELLED, Transaction.State.EXPIRED])
def test_who_turned_back_is_let_go_and_nobody_is_signed_in(flow: Flow, state: str) -> None:
    Transaction.objects.filter(pk=flow.txn).update(state=state)
    answer = flow.come_back()
    if flow.name == "authorize":
        assert answer_of(answer)["error"] == "access_denied"
        assert refused_rows() == [("person-cancelled", flow.txn)]
    else:
        assert answer["Location"] == f"{flow.visitor.root}approve/"
        assert refused_rows() == []
    assert not Session.objects.exists()


@pytest.mark.requirement("S6.4-01")
@pytest.mark.parametrize("state", [Transaction.State.CANCELLED, Transaction.State.DECIDED])
def test_an_interaction_ends_where_it_was_to_end_and_nowhere_else(flow: Flow, state: str) -> None:
    flow.visitor.prove(flow.txn, make_person())
    Transaction.objects.filter(pk=flow.txn).update(state=state)
    answer = flow.come_back(by_the_way_of=other(flow))
    assert answer.status_code == (409 if state == Transaction.State.DECIDED else 410)
    assert f'<code id="reference">{flow.txn}</code>' in answer.content.decode()
    assert not Session.objects.exists()


def test_another_browser_takes_nothing_up(flow: Flow) -> None:
    flow.visitor.prove(flow.txn, make_person())
    flow.visitor.http.cookies[cookie_name(flow.txn)] = new_secret()
    answer = flow.come_back()
    assert answer.status_code == 403
    assert "started in another browser" in answer.content.decode()
    assert refused_rows() == [("transaction-foreign-browser", flow.txn)]


def test_c10_it_is_taken_up_once_and_a_reload_is_told_so_calmly(flow: Flow) -> None:
    flow.visitor.prove(flow.txn, make_person())
    assert flow.come_back().status_code in {200, 302}
    events, sessions = AuditEvent.objects.count(), Session.objects.count()
    grants = Grant.objects.count()
    again = flow.come_back()
    if flow.name == "authorize":
        assert again.status_code == 200
        assert "code=" not in again.content.decode()
    else:
        assert again["Location"] == f"{flow.visitor.root}approve/"
    assert (AuditEvent.objects.count(), Session.objects.count()) == (events, sessions)
    assert Grant.objects.count() == grants


def test_c10_a_reloaded_sign_in_that_was_answered_leads_to_the_relying_party(visitor: Browser) -> None:
    partner = make_partner(first_party=True, client_uri="https://partner.example/shop")
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person())
    assert "code" in answer_of(visitor.resume(txn))
    page = visitor.resume(txn).content.decode()
    assert "This sign-in is finished" in page
    assert 'href="https://partner.example/shop"' in page
    assert Grant.objects.count() == 1


def test_c10_a_reloaded_consent_page_asks_the_same_again(visitor: Browser) -> None:
    partner = make_partner(first_party=False)
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person())
    pages = [visitor.resume(txn) for _ in range(2)]
    for page in pages:
        assert b'id="consent-yes"' in page.content
    sent = {**fields_of_form(pages[1].content), "answer": "yes"}
    answer = visitor.http.post(f"{visitor.root}authorize/consent", sent)
    assert "code" in answer_of(answer)
    assert b"This sign-in is finished" in visitor.resume(txn).content
    Transaction.objects.filter(pk=txn).update(ended_at=now() - timedelta(minutes=6))
    assert b"This sign-in is finished" in visitor.resume(txn).content


def test_c10_a_consent_page_is_shown_again_to_nobody_else(visitor: Browser) -> None:
    partner = make_partner(first_party=False)
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person())
    visitor.resume(txn)
    Session.objects.update(subject=make_person())
    assert b"consent-yes" not in visitor.resume(txn).content
    visitor.http.cookies[cookie_name(txn)] = new_secret()
    assert visitor.resume(txn).status_code == 403


def test_c10_who_comes_too_early_is_led_back(flow: Flow) -> None:
    assert flow.come_back()["Location"] == f"{flow.visitor.root}signin/{flow.txn}/"


def test_c10_what_ran_out_is_left_whether_it_was_swept_or_not(flow: Flow) -> None:
    Transaction.objects.filter(pk=flow.txn).update(expires_at=now() - timedelta(seconds=1))
    answer = flow.come_back()
    if flow.name == "authorize":
        assert answer_of(answer)["error"] == "access_denied"
    else:
        assert answer["Location"] == f"{flow.visitor.root}approve/"
    assert Transaction.objects.get(pk=flow.txn).state == Transaction.State.EXPIRED


def test_a_closed_account_enters_nowhere(flow: Flow) -> None:
    flow.visitor.prove(flow.txn, make_person())
    Subject.objects.update(status=Subject.Status.CLOSED)
    answer = flow.come_back()
    if flow.name == "authorize":
        said = answer_of(answer)
        assert (said["error"], said["error_description"]) == ("access_denied", "The account is closed.")
    else:
        assert answer.status_code == 400
        assert "This account is closed." in answer.content.decode()
    assert refused_rows() == [("subject-active", flow.txn)]
    assert not Session.objects.exists()


def test_a_session_is_entered_once_and_goes_on(flow: Flow) -> None:
    person = make_person()
    for _ in range(2):
        flow.visitor.prove(flow.txn, person)
        flow.come_back()
        Session.objects.update(events={})
        flow.begin()
    assert Session.objects.count() == 1


@pytest.mark.parametrize("flow", ["authorize"], indirect=True)
def test_a_relying_party_that_is_gone_is_told_nothing(flow: Flow) -> None:
    Transaction.objects.filter(pk=flow.txn).update(state=Transaction.State.CANCELLED)
    RelyingParty.objects.update(status=RelyingParty.Status.SUSPENDED)
    forget_everything()
    answer = flow.come_back()
    assert (answer.status_code, "Location" in answer) == (400, False)
    assert "not known to us" in answer.content.decode()


def refusal(**more: Any) -> RequestRefused:
    return RequestRefused("invalid_request", "Not so.", rule="a-rule", came="this", expected="that", **more)


def test_the_door_writes_down_once_and_says_the_reference(visitor: Browser) -> None:
    request = HttpRequest()
    request.tenant = visitor.tenant  # type: ignore[attr-defined]
    page = answer_refusal(refusal(), on_page(request), client_id="someone", transaction=_TXN)
    assert f'<code id="reference">{_TXN}</code>' in page.content.decode()
    row = AuditEvent.objects.get(tag=Tag.REQUEST_REFUSED.value)
    assert (row.transaction, row.client, row.reason) == (_TXN, "someone", "a-rule")
    said = answer_refusal(refusal(status=401), in_json, tag=Tag.TOKEN_REFUSED)
    assert (said.status_code, AuditEvent.objects.filter(tag=Tag.TOKEN_REFUSED.value).count()) == (401, 1)
    answer_refusal(refusal(), in_json, tag=None)
    assert AuditEvent.objects.filter(reason="a-rule").count() == 2


@pytest.mark.parametrize(
    ("own", "of_the_page", "shown"),
    [
        ("Its own.", "The page's.", "Its own."),
        ("", "The page&#x27;s.", "The page&#x27;s."),
        ("", "", "made a mistake"),
    ],
)
def test_the_nearest_sentence_is_shown(visitor: Browser, own: str, of_the_page: str, shown: str) -> None:
    request = HttpRequest()
    request.tenant = visitor.tenant  # type: ignore[attr-defined]

    @refusals_on_page(person=of_the_page.replace("&#x27;", "'"))
    def view(_request: HttpRequest, **_: str) -> HttpResponse:
        raise refusal(person=own)

    assert shown in view(request, txn=_TXN).content.decode()
    assert AuditEvent.objects.get(reason="a-rule").transaction == _TXN
