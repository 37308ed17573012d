"""The test sign-in: real rules, a real person and a real verdict, and nobody is signed in by it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.settings.life import STAGE, TEST
from authsvc.core.ids import secret_hash
from authsvc.oidc.models import Grant, PushedRequest, Session, Token
from authsvc.oidc.requests.testing import push_test
from tests.provider.browser import Browser, Partner, make_partner, make_person


@pytest.fixture
def partner(tenant: object) -> Partner:
    """A relying party that is in test, and has to push and to sign all that it asks."""
    made = make_partner(scopes=["openid", "email"], require_pushed_authorization_requests=True)
    STAGE.put(made.party, TEST)
    made.party.save()
    return made


def back_to(partner: Partner) -> str:
    return f"{settings.BASE_URL}/portal/x/relying-parties/{partner.party.pk}/tested/"


def begun(visitor: Browser, partner: Partner, return_to: str = "") -> Any:
    address = urlsplit(push_test(partner.party, return_to=return_to or back_to(partner)))
    return visitor.http.get(f"{address.path}?{address.query}")


def test_it_ends_at_the_portal_with_the_token_in_the_log_and_nothing_else(
    visitor: Browser, partner: Partner
) -> None:
    person = make_person(claims={"email": "ada@example.org"})
    txn = visitor.opened(begun(visitor, partner))
    visitor.prove(txn, person)
    answer = visitor.resume(txn)
    assert answer["Location"] == f"{back_to(partner)}?number={txn}"
    event = AuditEvent.objects.get(tag=Tag.TEST_SIGNED_IN)
    claims = event.details["claims"]
    assert (claims["aud"], claims["acr"], event.transaction) == (partner.party.client_id, "urn:visor:L2", txn)
    assert event.details["header"]["alg"] == "RS256"
    assert event.details["personal"] == ["email", "email_verified"]
    assert "ada@example.org" not in str(event.details)
    kept = [model.objects.exists() for model in (Session, Grant, Token)]
    assert kept == [False, False, False]
    assert visitor.http.cookies.keys().isdisjoint({"visor_session", "__Host-visor_session"})
    assert not AuditEvent.objects.filter(tag=Tag.CODE_ISSUED).exists()


def test_who_is_signed_in_proves_themselves_anew_and_stays_signed_in(visitor: Browser) -> None:
    other = make_partner(name="Other")
    person = make_person()
    visitor.sign_in(other, person)
    before = list(Session.objects.values_list("pk", "last_used_at"))
    txn = visitor.opened(begun(visitor, make_partner()))
    visitor.prove(txn, make_person(name="Somebody else"))
    visitor.resume(txn)
    assert list(Session.objects.values_list("pk", "last_used_at")) == before


def test_what_is_refused_is_found_by_its_number(visitor: Browser) -> None:
    partner = make_partner(floor_level="L2")
    txn = visitor.opened(begun(visitor, partner))
    visitor.prove(txn, make_person(), level="L1")
    number = parse_qs(urlsplit(visitor.resume(txn)["Location"]).query)["number"]
    assert number == [txn]
    assert AuditEvent.objects.get(tag=Tag.REQUEST_REFUSED, transaction=txn).reason == "acr-reached"


def test_it_works_once_and_returns_to_the_portal_alone(visitor: Browser, partner: Partner) -> None:
    assert begun(visitor, partner, "https://thief.example/").status_code == 400
    address = urlsplit(push_test(partner.party, return_to=back_to(partner)))
    again = f"{address.path}?{address.query}"
    txn = visitor.opened(visitor.http.get(again))
    visitor.prove(txn, make_person())
    visitor.resume(txn)
    assert visitor.http.get(again).status_code == 400


def test_a_relying_party_cannot_push_one(visitor: Browser) -> None:
    """What it pushes gets a name of ours, and is kept under that name alone."""
    partner = make_partner()
    asked = {**visitor.request(partner), **visitor.pkce()}
    answer = visitor.http.post(f"{visitor.root}par", asked, headers=partner.basic())
    address = answer.json()["request_uri"]
    assert PushedRequest.objects.filter(digest=secret_hash(address)).count() == 0
    named = address.replace("request_uri:", "request_uri:portal-test:")
    query = {"client_id": partner.party.client_id, "request_uri": named}
    assert visitor.http.get(f"{visitor.root}authorize", query).status_code == 400
