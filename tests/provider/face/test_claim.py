"""The claim `face`: where tokens say how a face was captured, and where they do not (T08, ADR 0291)."""

import base64
import json

import pytest

from authsvc.oidc.models import Grant, Session
from authsvc.oidc.sessions.logout.backchannel import logout_token
from tests.provider.browser import Browser, make_partner, make_person

SAID = {"match": "server", "pad": "remote", "capture": "browser", "model": "G"}


@pytest.mark.requirement("S9.4-06")
def test_t08_id_token_access_token_and_introspection_say_how_the_face_was_captured(visitor: Browser) -> None:
    partner = make_partner(access_token_format="jwt")
    tokens = visitor.tokens(partner, make_person(), face=True)
    identity, access = visitor.claims(tokens["id_token"]), visitor.claims(tokens["access_token"])
    assert identity["face"] == access["face"] == SAID
    assert identity["amr"] == ["face", "swk", "user", "mfa"]
    assert identity["acr"] == "urn:visor:L2"
    answer = visitor.http.post(
        f"{visitor.root}introspect", {"token": tokens["access_token"]}, headers=partner.basic()
    ).json()
    assert answer["face"] == SAID


def test_userinfo_and_logout_tokens_say_nothing_of_it(visitor: Browser) -> None:
    partner = make_partner()
    tokens = visitor.tokens(partner, make_person(), face=True)
    assert "face" not in visitor.userinfo(tokens["access_token"]).json()
    payload = logout_token(partner.party, sid="s", sub="p").split(".")[1]
    assert "face" not in json.loads(base64.urlsafe_b64decode(payload + "=="))


def test_without_a_face_there_is_no_such_claim(visitor: Browser) -> None:
    partner = make_partner(access_token_format="jwt")
    tokens = visitor.tokens(partner, make_person())
    assert "face" not in visitor.claims(tokens["id_token"])
    assert "face" not in visitor.claims(tokens["access_token"])


def test_t08_a_face_without_a_record_is_not_in_the_token(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, person, face=visitor.show_face(txn, record=None))
    code = visitor.resume(txn)["Location"].split("code=")[1].split("&")[0]
    claims = visitor.claims(visitor.redeem(partner, code).json()["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:visor:L2", ["swk", "user", "mfa"])
    assert "face" not in claims


def test_a_session_and_a_refresh_repeat_what_the_event_said(visitor: Browser) -> None:
    partner = make_partner(offline_access=True, scopes=["openid", "offline_access"])
    tokens = visitor.tokens(partner, make_person(), face=True, scope="openid offline_access")
    again = visitor.authorize(partner)["Location"].split("code=")[1].split("&")[0]
    assert visitor.claims(visitor.redeem(partner, again).json()["id_token"])["face"] == SAID
    refreshed = visitor.refresh(partner, tokens["refresh_token"]).json()
    assert visitor.claims(refreshed["id_token"])["face"] == SAID


def test_a_session_of_the_release_before_says_nothing(visitor: Browser) -> None:
    partner = make_partner()
    visitor.tokens(partner, make_person(), face=True)
    session = Session.objects.get()
    for entry in session.events.values():
        del entry["face"]
    session.save()
    code = visitor.authorize(partner)["Location"].split("code=")[1].split("&")[0]
    assert "face" not in visitor.claims(visitor.redeem(partner, code).json()["id_token"])


@pytest.mark.requirement("S7-02")
def test_what_else_stands_in_the_row_does_not_leave(visitor: Browser) -> None:
    partner, person = make_partner(), make_person(claims={"face": "mine"})
    code = visitor.sign_in(partner, person, face=True)["code"]
    Grant.objects.update(face={**SAID, "score": 0.99})
    assert visitor.claims(visitor.redeem(partner, code).json()["id_token"])["face"] == SAID


def test_the_metadata_name_the_claim(visitor: Browser) -> None:
    metadata = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert "face" in metadata["claims_supported"]
    assert metadata["acr_values_supported"] == ["urn:visor:L1", "urn:visor:L2"]
