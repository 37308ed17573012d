"""What a third-party relying party may have: the person is asked, once a year at most, and can say no."""

import json
from datetime import timedelta
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.clients.models import RelyingParty
from authsvc.core.remembered import forget_everything
from authsvc.oidc.models import RememberedConsent
from authsvc.subjects.models import Subject
from tests.provider.browser import Browser, Partner, answer_of, fields_of_form, make_partner, make_person
from tests.provider.proofs import KeyHolder
from tests.sweeping import erased

ASKED = b'id="consent-yes"'


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(name="Third Party", first_party=False, purpose="To deliver your order.")


@pytest.fixture
def person(visitor: Browser) -> Subject:
    return make_person(claims={"email": "ada@example.com"})


def page(visitor: Browser, partner: Partner, person: Subject, **extra: str) -> Any:
    """The page after an authentication."""
    txn = visitor.opened(visitor.authorize(partner, **{"prompt": "login", **extra}))
    visitor.prove(txn, person)
    return visitor.resume(txn)


def say(visitor: Browser, asked: Any, answer: str = "yes") -> Any:
    assert ASKED in asked.content
    body = {"pending": fields_of_form(asked.content)["pending"], "answer": answer}
    return visitor.http.post(f"{visitor.root}authorize/consent", body)


@pytest.mark.requirement("S10-01")
def test_the_page_names_who_asks_why_and_for_what(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    claims = json.dumps({"userinfo": {"phone_number": None}})
    asked = page(visitor, partner, person, scope="openid email", claims=claims)
    text = asked.content.decode()
    for shown in ("Third Party", "To deliver your order.", "Your e-mail address", "phone number"):
        assert shown in text
    assert "Your postal address" not in text
    assert asked["Cache-Control"] == "no-store"


@pytest.mark.requirement("S10-01")
def test_a_yes_is_remembered_and_not_asked_again(visitor: Browser, partner: Partner, person: Subject) -> None:
    answer = answer_of(say(visitor, page(visitor, partner, person, scope="openid email")))
    tokens = visitor.redeem(partner, answer["code"]).json()
    assert visitor.userinfo(tokens["access_token"]).json()["email"] == "ada@example.com"
    assert "code" in answer_of(visitor.authorize(partner, prompt="none", scope="openid email"))
    assert "code" in answer_of(visitor.authorize(partner, prompt="none", scope="openid"))
    assert AuditEvent.objects.filter(tag="oidc:consent:given").count() == 1


@pytest.mark.requirement("S10-01")
@pytest.mark.parametrize(
    "more", [{"scope": "openid email profile"}, {"claims": '{"id_token":{"name":null}}'}]
)
def test_more_is_asked_for_again(
    visitor: Browser, partner: Partner, person: Subject, more: dict[str, str]
) -> None:
    say(visitor, page(visitor, partner, person, scope="openid email"))
    wider = {"scope": "openid email", **more}
    assert ASKED in visitor.authorize(partner, **wider).content
    assert answer_of(visitor.authorize(partner, prompt="none", **wider))["error"] == "consent_required"


@pytest.mark.requirement("S10-01")
def test_a_yes_is_forgotten_after_twelve_months(visitor: Browser, partner: Partner, person: Subject) -> None:
    say(visitor, page(visitor, partner, person))
    row = RememberedConsent.objects.get()
    assert row.expires_at - row.given_at <= timedelta(days=366)
    RememberedConsent.objects.update(expires_at=row.given_at)
    assert ASKED in visitor.authorize(partner).content
    assert erased()["oidc_rememberedconsent"] == 1


@pytest.mark.requirement("S10-01")
def test_a_no_is_an_answer(visitor: Browser, partner: Partner, person: Subject) -> None:
    answer = answer_of(say(visitor, page(visitor, partner, person), "no"))
    assert (answer["error"], answer["state"]) == ("access_denied", "state-1")
    assert RememberedConsent.objects.count() == 0
    assert ASKED in visitor.authorize(partner).content


def test_prompt_consent_asks_again_and_the_tenants_own_is_asked_for_nothing_else(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    say(visitor, page(visitor, partner, person))
    assert ASKED in visitor.authorize(partner, prompt="consent").content
    own = make_partner(name="Own")
    assert "code" in answer_of(visitor.authorize(own))
    asked = visitor.authorize(own, prompt="consent")
    assert "code" in answer_of(say(visitor, asked))


def test_an_answer_counts_in_its_own_session_only(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    asked = page(visitor, partner, person)
    stranger = Browser(visitor.tenant)
    assert say(stranger, asked).status_code == 400
    stranger.tokens(make_partner(name="Own"), make_person(name="Other"))
    assert say(stranger, asked).status_code == 400
    body = {"pending": "forged", "answer": "yes"}
    assert visitor.http.post(f"{visitor.root}authorize/consent", body).status_code == 400


def test_a_relying_party_that_was_suspended_meanwhile_gets_nothing(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    asked = page(visitor, partner, person)
    RelyingParty.objects.update(status=RelyingParty.Status.SUSPENDED)
    forget_everything()
    assert say(visitor, asked).status_code == 400


def test_a_pushed_request_is_used_up_by_the_answer(visitor: Browser, person: Subject) -> None:
    holder = KeyHolder(visitor, {"first_party": False})
    uri = holder.push().json()["request_uri"]
    txn = visitor.opened(holder.authorize(uri))
    visitor.prove(txn, person)
    asked = visitor.resume(txn)
    assert "code" in answer_of(say(visitor, asked))
    assert answer_of(say(visitor, asked))["error"] == "invalid_request_uri"
    assert holder.authorize(uri).status_code == 400
