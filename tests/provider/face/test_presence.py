"""Presence: a living person before a camera, demanded or asked for, met by a face (ADR 0383)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from authsvc.biometrics import thresholds
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.settings.justification import JUSTIFICATION
from authsvc.clients.settings.presence import requires_presence
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.management import overview
from authsvc.oidc.models import Grant
from authsvc.oidc.offering.options import set_options
from authsvc.policy.services import publish_models
from tests.provider.basic.test_sessions import age_session
from tests.provider.browser import (
    CALLBACK,
    Browser,
    Partner,
    answer_of,
    justified,
    make_partner,
    make_person,
)

UNMET = "unmet_authentication_requirements"
ESSENTIAL = json.dumps({"id_token": {"presence": {"essential": True}}})
ASKED = json.dumps({"id_token": {"presence": None}})


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(access_token_format="jwt")


def claims_of(visitor: Browser, partner: Partner, answer: dict[str, str]) -> dict[str, Any]:
    return visitor.claims(visitor.redeem(partner, answer["code"]).json()["id_token"])


@pytest.mark.requirement("S6.4-03", "SB-01")
@pytest.mark.parametrize(
    "asked",
    [{"essential": True}, {"essential": True, "value": True}, {"essential": True, "values": [True, False]}],
)
def test_a_request_demands_it_and_gets_it_or_an_error(
    visitor: Browser, partner: Partner, asked: dict[str, Any]
) -> None:
    demand, person = json.dumps({"id_token": {"presence": asked}}), make_person()
    assert visitor.sign_in(partner, person, claims=demand)["error"] == UNMET
    claims = claims_of(visitor, partner, visitor.sign_in(partner, person, claims=demand, face=True))
    assert claims["presence"] is True


def test_tokens_and_introspection_say_it_where_it_was_asked_for(visitor: Browser, partner: Partner) -> None:
    tokens = visitor.tokens(partner, make_person(), face=True, claims=ASKED)
    assert visitor.claims(tokens["id_token"])["presence"] is True
    assert visitor.claims(tokens["access_token"])["presence"] is True
    sent = {"token": tokens["access_token"]}
    answer = visitor.http.post(f"{visitor.root}introspect", sent, headers=partner.basic()).json()
    assert answer["presence"] is True
    assert "presence" not in visitor.userinfo(tokens["access_token"]).json()


@pytest.mark.requirement("S7-02")
def test_nobody_who_did_not_ask_is_told_and_nobody_hears_a_no(visitor: Browser, partner: Partner) -> None:
    person = make_person(claims={"presence": True})
    seen = visitor.sign_in(partner, person, face=True)
    assert "presence" not in claims_of(visitor, partner, seen)
    asked = visitor.sign_in(partner, person, claims=ASKED, prompt="login")
    assert "presence" not in claims_of(visitor, partner, asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"essential": False},
        {"essential": True, "value": False},
        {"essential": True, "values": [False]},
        {"essential": True, "values": "true"},
    ],
)
def test_what_is_no_demand_is_none(visitor: Browser, partner: Partner, asked: dict[str, Any]) -> None:
    demand = json.dumps({"id_token": {"presence": asked}})
    assert "code" in visitor.sign_in(partner, make_person(), claims=demand)


def test_a_face_that_no_record_vouches_for_shows_nobody(visitor: Browser, partner: Partner) -> None:
    txn = visitor.opened(visitor.authorize(partner, claims=ESSENTIAL))
    visitor.prove(txn, make_person(), face=visitor.show_face(txn, record=None))
    assert answer_of(visitor.resume(txn))["error"] == UNMET


def test_a_grant_whose_pictures_nobody_judged_shows_nobody(visitor: Browser, partner: Partner) -> None:
    code = visitor.sign_in(partner, make_person(), claims=ESSENTIAL, face=True)["code"]
    Grant.objects.update(face={"match": "device", "pad": "none", "capture": "native", "model": "C"})
    assert "presence" not in visitor.claims(visitor.redeem(partner, code).json()["id_token"])


@pytest.mark.requirement("SB-04")
def test_a_session_shows_it_while_its_face_counts(visitor: Browser, partner: Partner) -> None:
    person, silent = make_person(), {"prompt": "none", "claims": ESSENTIAL}
    visitor.sign_in(partner, person)
    assert answer_of(visitor.authorize(partner, **silent))["error"] == "login_required"
    visitor.sign_in(partner, person, face=True, prompt="login")
    assert claims_of(visitor, partner, answer_of(visitor.authorize(partner, **silent)))["presence"] is True
    age_session(seconds=3700, idle=3700)
    assert answer_of(visitor.authorize(partner, **silent))["error"] == "login_required"


@pytest.mark.requirement("SB-06")
@pytest.mark.parametrize(
    "claims", [ESSENTIAL, json.dumps({"id_token": {"amr": {"essential": True, "value": "face"}}})]
)
def test_what_cannot_be_shown_is_refused_before_anybody_tries(
    visitor: Browser, partner: Partner, claims: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def supported() -> set[str]:
        forget_everything()
        read = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
        return {"face", "presence"} & set(read["claims_supported"])

    assert supported() == {"face", "presence"}
    assert visitor.opened(visitor.authorize(partner, claims=claims))
    faceless = make_partner(name="Faceless", face_offered=False)
    assert answer_of(visitor.authorize(faceless, claims=claims))["error"] == UNMET
    monkeypatch.setattr(thresholds, "weakness_here", lambda *_: "too-old")
    assert supported() == set()
    assert answer_of(visitor.authorize(partner, claims=claims))["error"] == UNMET


@pytest.mark.requirement("S5.3-01", "S6.4-03")
def test_a_registration_requires_it_until_its_assessment_ends(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict, person = make_partner(name="Strict", presence="required", **justified()), make_person()
    assert visitor.sign_in(strict, person)["error"] == UNMET
    claims = claims_of(visitor, strict, visitor.sign_in(strict, person, face=True))
    assert claims["presence"] is True
    later = now() + timedelta(days=101)
    titles = [str(found.title) for found in overview.read(later).attention]
    assert "Impact assessments end" in titles
    monkeypatch.setattr("authsvc.clients.settings.justification.now", lambda: later)
    assert not requires_presence(strict.party)
    assert "code" in visitor.sign_in(strict, make_person(), prompt="login")


def test_a_registration_that_prefers_it_hears_of_it_and_turns_nobody_away(visitor: Browser) -> None:
    mild, person = make_partner(name="Mild", presence="preferred"), make_person()
    assert "presence" not in claims_of(visitor, mild, visitor.sign_in(mild, person))
    seen = visitor.sign_in(mild, person, face=True, prompt="login")
    assert claims_of(visitor, mild, seen)["presence"] is True


@pytest.mark.requirement("S5.3-01")
@pytest.mark.parametrize("missing", [row.name for row in JUSTIFICATION])
def test_it_cannot_be_required_without_its_whole_justification(visitor: Browser, missing: str) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        make_partner(presence="required", **justified(**{missing: " "}))
    assert set(refused.value.fields) == {missing}


def test_odd_settings_are_refused(visitor: Browser) -> None:
    for odd in ({"presence": "always"}, {"presence": "preferred", "face_offered": False}):
        with pytest.raises(RegistrationProblems):
            make_partner(**odd)


@pytest.mark.requirement("S5.3-01", "S9.4-03")
def test_a_relying_party_cannot_grant_itself_the_requirement(visitor: Browser) -> None:
    set_options(dynamic_registration=True, open_registration=True)
    body = {"redirect_uris": [CALLBACK], "presence": "required", **justified()}
    answer = visitor.http.post(f"{visitor.root}register", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert not requires_presence(RelyingParty.objects.get(client_id=answer.json()["client_id"]))


def seen_by(visitor: Browser, partner: Partner, **asked: Any) -> dict[str, str]:
    """Sign in with a capture that was compared with nothing (model D), and return the answer."""
    txn = visitor.opened(visitor.authorize(partner, **asked))
    proof = visitor.show_face(txn, model="D", share_kind=None)
    visitor.prove(txn, make_person(reference=""), face=proof)
    return answer_of(visitor.resume(txn))


FACE = json.dumps({"id_token": {"amr": {"essential": True, "values": ["face"]}, "presence": None}})


@pytest.mark.requirement("S6.3-01", "S6.4-03", "SB-01")
def test_a_capture_that_was_compared_with_nothing_meets_it_and_no_demand_of_a_face(
    visitor: Browser, partner: Partner
) -> None:
    claims = claims_of(visitor, partner, seen_by(visitor, partner, claims=ESSENTIAL))
    assert (claims["presence"], claims["face"]["match"], claims["face"]["model"]) == (True, "none", "D")
    assert "face" not in claims["amr"]
    # Neither at once, nor by the session that it began.
    assert claims_of(visitor, partner, answer_of(visitor.authorize(partner, prompt="none", claims=ESSENTIAL)))
    assert answer_of(visitor.authorize(partner, prompt="none", claims=FACE))["error"] == "login_required"
    assert seen_by(visitor, partner, claims=FACE, prompt="login")["error"] == UNMET
    insisting = make_partner(name="Insisting", face="required", **justified())
    assert seen_by(visitor, insisting, prompt="login")["error"] == UNMET


@pytest.mark.requirement("SB-06")
def test_a_face_is_refused_before_anybody_tries_where_none_is_compared(
    visitor: Browser, partner: Partner
) -> None:
    publish_models(models=["D"], justification="", published_by="admin")
    assert answer_of(visitor.authorize(partner, claims=FACE))["error"] == UNMET
    assert visitor.opened(visitor.authorize(partner, claims=ESSENTIAL))
