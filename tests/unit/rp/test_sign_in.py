"""The site's sign-in against a provider over HTTP: what is asked, and which answers are refused."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.unit.rp.provider import STRANGER, id_claims, signed, unsigned
from tests.unit.rp.site import Member


def test_the_request_has_all_protections(member: Member):
    asked = member.asked("/members")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["state"]
    assert asked["nonce"]
    assert asked["redirect_uri"] == f"{member.base_url}/oidc/callback/"


@pytest.mark.requirement("S6.4-03")
def test_a_payment_asks_for_a_fresh_act(member: Member):
    asked = member.asked("/payment")
    assert (asked["max_age"], asked["acr_values"]) == ("60", "urn:visor:L2")
    assert json.loads(asked["claims"])["id_token"]["acr"] == {"essential": True, "values": ["urn:visor:L2"]}


def test_a_sign_in_returns_to_the_page_that_asked(member: Member):
    response = member.sign_in()
    assert (response.status_code, response.headers["Location"]) == (302, "/members")
    page = member.get("/members")
    assert page.status_code == 200
    assert "Welcome, Member" in page.text
    assert (member.claims() or {})["acr"] == "urn:visor:L2"


@pytest.mark.requirement("S6.4-03")
def test_a_session_steps_up_for_a_payment_and_comes_back(member: Member):
    member.sign_in(auth_time=int(time.time()) - 120)
    assert member.get("/members").status_code == 200
    before = member.http.cookies["harbour"]
    assert member.sign_in("/payment").headers["Location"] == "/payment"
    assert member.http.cookies["harbour"] != before
    assert "Two factors" in member.get("/payment").text
    assert "Approved" in member.get(member.post("/payment", "/payment").headers["Location"]).text


def refused(member: Member, response: Any) -> None:
    assert response.status_code == 400
    assert "We could not sign you in" in response.text
    assert member.claims() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example/"},
        {"aud": "somebody"},
        {"nonce": "another"},
        {"exp": int(time.time()) - 60},
        {"acr": "urn:visor:L1"},
        {"acr": None},
    ],
)
def test_a_wrong_id_token_signs_nobody_in(member: Member, changes: dict[str, Any]):
    refused(member, member.sign_in(**changes))


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize("ago", [600, None])
def test_an_older_authentication_approves_no_payment(member: Member, ago: int | None):
    auth_time = None if ago is None else int(time.time()) - ago
    refused(member, member.sign_in("/payment", auth_time=auth_time))


def test_a_refused_step_up_leaves_the_session_as_it_was(member: Member):
    member.sign_in(auth_time=int(time.time()) - 120)
    assert member.sign_in("/payment", auth_time=int(time.time()) - 120).status_code == 400
    assert member.get("/members").status_code == 200
    assert member.get("/payment").status_code == 302


def test_alg_none_signs_nobody_in(member: Member):
    asked = member.asked("/members")
    token = unsigned(id_claims(member.provider.issuer, nonce=asked["nonce"]))
    refused(member, member.answer(asked, token))


def test_another_key_signs_nobody_in(member: Member):
    asked = member.asked("/members")
    token = signed(id_claims(member.provider.issuer, nonce=asked["nonce"]), key=STRANGER)
    refused(member, member.answer(asked, token))


@pytest.mark.parametrize("iss", [None, "", "https://other.example/"])
def test_an_answer_without_our_issuer_is_refused_and_ends_the_attempt(member: Member, iss: str | None):
    asked = member.asked("/members")
    refused(member, member.answer(asked, iss=iss))
    refused(member, member.answer(asked))


@pytest.mark.parametrize("state", [None, "", "unknown"])
def test_an_answer_with_a_foreign_state_is_refused(member: Member, state: str | None):
    refused(member, member.answer(member.asked("/members"), state=state))


def test_an_answer_counts_once(member: Member):
    asked = member.asked("/members")
    assert member.answer(asked).status_code == 302
    claims = member.claims()
    again = member.answer(asked, member.token(asked, sub="somebody"))
    assert (again.status_code, again.headers["Location"]) == (302, "/members")
    assert member.claims() == claims
    member.http.cookies.clear()
    refused(member, member.answer(asked))


def test_an_answer_to_another_browser_is_refused(member: Member):
    other = Member(member.base_url, member.provider)
    with other.http:
        refused(member, member.answer(other.asked("/members")))


def test_userinfo_about_somebody_else_signs_nobody_in(member: Member):
    member.provider.userinfo_sub = "somebody"
    refused(member, member.sign_in())


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 200, "You did not finish signing in"),
        ("unmet_authentication_requirements", 200, "needs a stronger proof"),
        ("server_error", 400, "We could not sign you in"),
    ],
)
def test_an_error_is_met_calmly_and_keeps_the_session(member: Member, error: str, status: int, words: str):
    member.sign_in(auth_time=int(time.time()) - 120)
    response = member.answer(member.asked("/payment"), error=error)
    assert response.status_code == status
    assert words in response.text
    assert member.claims() is not None


def test_an_error_with_a_foreign_state_does_not_sign_out(member: Member):
    member.sign_in()
    member.get("/oidc/callback/?error=access_denied&state=x")
    assert member.claims() is not None


@pytest.mark.parametrize("query", ["acr=L9", "max_age=x", "max_age=-1"])
def test_nonsense_is_not_passed_on(member: Member, query: str):
    assert member.get(f"/oidc/authenticate/?{query}").status_code == 400


def test_coming_back_leads_nowhere_else(member: Member):
    to_provider = member.get("/oidc/authenticate/?next=https://evil.example/").headers["Location"]
    asked = dict(parse_qsl(urlsplit(to_provider).query))
    assert member.answer(asked).headers["Location"] == "/members"
