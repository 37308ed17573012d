"""T21: one session has another name at each site, so that two sites cannot join what they know."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from authsvc.core.ids import new_id
from authsvc.delivery.outbox import put
from authsvc.delivery.sender import send_due
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.sessions.logout.backchannel import LOGOUT
from authsvc.subjects.models import Subject
from tests.provider.browser import Browser, Partner, make_partner, make_person
from tests.provider.receiver import receiving


@pytest.fixture
def person(visitor: Browser) -> Subject:
    return make_person()


def token(visitor: Browser, partner: Partner, person: Subject, **asked: str) -> str:
    return str(visitor.tokens(partner, person, **asked)["id_token"])


def again(visitor: Browser, partner: Partner) -> dict[str, Any]:
    """The ID token of one more sign-in by the session."""
    code = parse_qs(urlsplit(visitor.authorize(partner)["Location"]).query)["code"][0]
    return visitor.claims(visitor.redeem(partner, code).json()["id_token"])


@pytest.mark.requirement("S10-09")
@pytest.mark.parametrize("fields", [{}, {"sector": "shared.example"}, {"subject_type": "public"}])
def test_t21_two_sites_know_one_session_by_two_names(
    visitor: Browser, person: Subject, fields: dict[str, str]
) -> None:
    first, second = make_partner(**fields), make_partner(**fields)
    sids = [visitor.claims(token(visitor, first, person))["sid"]]
    sids += [again(visitor, partner)["sid"] for partner in (second, first)]
    session = Session.objects.get()
    assert sids[0] == sids[2] != sids[1]
    assert session.pk not in sids


def test_t21_a_refreshed_token_says_the_same(visitor: Browser, person: Subject) -> None:
    partner = make_partner(offline_access=True)
    tokens = visitor.tokens(partner, person, scope="openid offline_access")
    refreshed = visitor.refresh(partner, tokens["refresh_token"]).json()
    assert visitor.claims(refreshed["id_token"])["sid"] == visitor.claims(tokens["id_token"])["sid"]


def test_t21_logout_says_to_each_site_the_name_that_it_knows(visitor: Browser, person: Subject) -> None:
    with receiving() as receiver:
        first = make_partner(
            backchannel_logout_uri=f"{receiver.url}/one", frontchannel_logout_uri="https://one.example/out"
        )
        second = make_partner(
            backchannel_logout_uri=f"{receiver.url}/two", frontchannel_logout_uri="https://two.example/out"
        )
        hint = token(visitor, first, person)
        known = {"one": visitor.claims(hint)["sid"], "two": again(visitor, second)["sid"]}
        page = visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": hint}).content.decode()
        assert Session.objects.get().ended_at is not None
        for name, sid in known.items():
            frame = next(part for part in page.split('"') if part.startswith(f"https://{name}.example/out"))
            assert f"sid={sid}" in frame
        assert send_due() == 2
        told = {
            path.strip("/"): visitor.claims(parse_qs(body.decode())["logout_token"][0])["sid"]
            for path, body in receiver.arrived
        }
    assert told == known


def test_t21_what_was_granted_before_is_named_as_before(visitor: Browser, person: Subject) -> None:
    with receiving() as receiver:
        partner = make_partner(
            backchannel_logout_uri=f"{receiver.url}/out", offline_access=True, frontchannel_logout_uri=""
        )
        tokens = visitor.tokens(partner, person, scope="openid offline_access")
        Grant.objects.update(sid="")
        session = Session.objects.get()
        refreshed = visitor.refresh(partner, tokens["refresh_token"]).json()["id_token"]
        assert visitor.claims(refreshed)["sid"] == session.pk
        visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": refreshed})
        send_due()
        [(_, body)] = receiver.arrived
    assert visitor.claims(parse_qs(body.decode())["logout_token"][0])["sid"] == session.pk


def test_t21_a_delivery_of_the_release_before_still_says_its_session(visitor: Browser) -> None:
    with receiving() as receiver:
        partner = make_partner(backchannel_logout_uri=f"{receiver.url}/out")
        session = new_id()
        put(LOGOUT, client=partner.party, about=session, sub="somebody")
        send_due()
        [(_, body)] = receiver.arrived
    assert visitor.claims(parse_qs(body.decode())["logout_token"][0])["sid"] == session


@pytest.mark.parametrize("other", ["site", "session"])
def test_t21_a_hint_of_another_site_or_session_ends_nothing_without_a_question(
    visitor: Browser, person: Subject, other: str
) -> None:
    partner = make_partner()
    hint = token(visitor, partner, person)
    if other == "site":
        Grant.objects.all().delete()
        hint = token(Browser(visitor.tenant), make_partner(sector="elsewhere.example"), person)
    else:
        elsewhere = Browser(visitor.tenant)
        hint = token(elsewhere, partner, person)
    page = visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": hint})
    assert b'id="logout-yes"' in page.content
