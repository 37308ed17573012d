"""T15: what a token says of the authentication is what its own transaction proved, whatever lies between."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from authsvc.core.clock import now
from authsvc.oidc.models import Grant, RememberedConsent, Session
from authsvc.subjects.models import Subject
from tests.provider.browser import Browser, Partner, answer_of, fields_of_form, make_partner, make_person

L1, L2 = "urn:visor:L1", "urn:visor:L2"


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(first_party=False)


@pytest.fixture
def person(visitor: Browser) -> Subject:
    """Somebody who has signed in strongly a little while ago."""
    somebody = make_person()
    visitor.sign_in(make_partner(), somebody, level="L2")
    return somebody


def aged(seconds: int) -> None:
    """Let what the session holds lie so much further back."""
    session, shift = Session.objects.get(), timedelta(seconds=seconds)
    for entry in session.events.values():
        entry["at"] = (datetime.fromisoformat(entry["at"]) - shift).isoformat()
    session.authenticated_at -= shift
    session.save()


def read_for(seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the person read the page for so long before they answer."""
    monkeypatch.setattr("authsvc.oidc.authorize.flow.now", lambda: now() + timedelta(seconds=seconds))


def page(visitor: Browser, partner: Partner, person: Subject, *, level: str, **asked: str) -> Any:
    """Sign in as far as the consent page."""
    txn = visitor.opened(visitor.authorize(partner, **asked))
    visitor.prove(txn, person, level=level)
    return visitor.resume(txn)


def agree(visitor: Browser, asked: Any) -> Any:
    assert b'id="consent-yes"' in asked.content
    return visitor.http.post(
        f"{visitor.root}authorize/consent", {**fields_of_form(asked.content), "answer": "yes"}
    )


@pytest.mark.requirement("SB-01", "S6.4-03")
@pytest.mark.parametrize("prompt", ["login", "login consent", "select_account", "consent select_account"])
def test_t15_the_level_is_that_of_the_transaction_behind_the_page(
    visitor: Browser, partner: Partner, person: Subject, prompt: str
) -> None:
    before = Session.objects.get().authenticated_at
    code = answer_of(agree(visitor, page(visitor, partner, person, level="L1", prompt=prompt)))["code"]
    claims = visitor.claims(visitor.redeem(partner, code).json()["id_token"])
    assert claims["acr"] == L1
    grant = Grant.objects.get(client=partner.party)
    assert (grant.acr, grant.auth_time > before) == (L1, True)


@pytest.mark.requirement("SB-01", "S6.4-03")
def test_t15_too_little_is_refused_though_the_session_has_more(visitor: Browser, person: Subject) -> None:
    strict = make_partner(first_party=False, floor_level="L2")
    refused = answer_of(page(visitor, strict, person, level="L1", prompt="login consent"))
    assert refused["error"] == "unmet_authentication_requirements"


@pytest.mark.requirement("SB-02")
def test_t15_a_page_read_for_too_long_leads_to_the_passkey_again_and_to_no_second_page(
    visitor: Browser, partner: Partner, person: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(5)
    asked = page(visitor, partner, person, level="L1", max_age="1")
    read_for(4, monkeypatch)
    txn = visitor.opened(agree(visitor, asked))
    assert RememberedConsent.objects.filter(client=partner.party, subject=person).exists()
    assert not Grant.objects.filter(client=partner.party).exists()
    visitor.prove(txn, person, level="L1")
    code = answer_of(visitor.resume(txn))["code"]
    claims = visitor.claims(visitor.redeem(partner, code).json()["id_token"])
    assert claims["acr"] == L1
    grant, session = Grant.objects.get(client=partner.party), Session.objects.get()
    assert grant.auth_time == session.authenticated_at


def test_t15_another_person_does_not_go_on_from_that_page(
    visitor: Browser, partner: Partner, person: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(5)
    asked = page(visitor, partner, person, level="L2", max_age="1", prompt="consent")
    read_for(4, monkeypatch)
    txn = visitor.opened(agree(visitor, asked))
    visitor.prove(txn, make_person())
    assert answer_of(visitor.resume(txn))["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["0", "1", "60"])
def test_t15_a_page_that_is_answered_at_once_asks_for_nothing_more(
    visitor: Browser, partner: Partner, person: Subject, max_age: str
) -> None:
    aged(61)
    asked = page(visitor, partner, person, level="L2", max_age=max_age)
    answer = answer_of(agree(visitor, asked))
    assert Grant.objects.get(client=partner.party).auth_time == Session.objects.get().authenticated_at
    assert "code" in answer


def test_t15_a_reloaded_page_carries_the_same_event(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    txn = visitor.opened(visitor.authorize(partner, prompt="login"))
    visitor.prove(txn, person, level="L1")
    visitor.resume(txn)
    code = answer_of(agree(visitor, visitor.resume(txn)))["code"]
    assert visitor.claims(visitor.redeem(partner, code).json()["id_token"])["acr"] == L1


def test_t15_a_session_that_is_enough_still_answers_with_what_it_is_worth(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    code = answer_of(agree(visitor, visitor.authorize(partner, prompt="consent")))["code"]
    assert visitor.claims(visitor.redeem(partner, code).json()["id_token"])["acr"] == L2
