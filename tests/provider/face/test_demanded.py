"""A relying party demands the face: by registration or by request, met or an error (ADR 0292)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.services import change
from authsvc.clients.settings.face import requires_face
from authsvc.clients.settings.justification import JUSTIFICATION, justification_lapsed
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.management import overview
from authsvc.oidc.offering.options import set_options
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
ESSENTIAL = json.dumps({"id_token": {"amr": {"essential": True, "values": ["face"]}}})


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner()


@pytest.fixture
def insisting(visitor: Browser) -> Partner:
    return make_partner(name="Insisting", face="required", **justified())


def claims_of(visitor: Browser, partner: Partner, answer: dict[str, str]) -> dict[str, Any]:
    return visitor.claims(visitor.redeem(partner, answer["code"]).json()["id_token"])


@pytest.mark.requirement("S6.4-03")
def test_a_registration_that_requires_the_face_gets_it_or_an_error(
    visitor: Browser, insisting: Partner
) -> None:
    person = make_person()
    refused = visitor.sign_in(insisting, person)
    assert refused["error"] == UNMET
    assert "code" not in refused
    claims = claims_of(visitor, insisting, visitor.sign_in(insisting, person, face=True))
    assert claims["face"]["match"] == "server"


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize(
    "amr",
    [
        {"essential": True, "values": ["face"]},
        {"essential": True, "values": ["hwk", "face"]},
        {"essential": True, "value": "face"},
        {"essential": True, "value": ["face"]},
        {"essential": True, "values": [["swk", "face"]]},
    ],
)
def test_a_request_can_demand_it(visitor: Browser, partner: Partner, amr: dict[str, Any]) -> None:
    asked = json.dumps({"id_token": {"amr": amr}})
    person = make_person()
    assert visitor.sign_in(partner, person, claims=asked)["error"] == UNMET
    claims = claims_of(visitor, partner, visitor.sign_in(partner, person, claims=asked, face=True))
    assert "face" in claims["amr"]


@pytest.mark.parametrize(
    "claims",
    [
        {"id_token": {"amr": {"values": ["face"]}}},
        {"id_token": {"amr": {"essential": False, "values": ["face"]}}},
        {"id_token": {"amr": {"essential": True, "values": ["hwk"]}}},
        {"id_token": {"amr": {"essential": True}}},
        {"id_token": {"amr": None}},
        {"userinfo": {"amr": {"essential": True, "values": ["face"]}}},
    ],
)
def test_what_is_no_demand_is_none(visitor: Browser, partner: Partner, claims: dict[str, Any]) -> None:
    assert "code" in visitor.sign_in(partner, make_person(), claims=json.dumps(claims))


def test_a_face_that_does_not_count_does_not_meet_it(visitor: Browser, partner: Partner) -> None:
    txn = visitor.opened(visitor.authorize(partner, claims=ESSENTIAL))
    visitor.prove(txn, make_person(), face=visitor.show_face(txn, record=None))
    assert answer_of(visitor.resume(txn))["error"] == UNMET


def test_a_session_answers_while_its_face_counts(visitor: Browser, partner: Partner) -> None:
    person = make_person()
    visitor.sign_in(partner, person)
    silent = {"prompt": "none", "claims": ESSENTIAL}
    assert answer_of(visitor.authorize(partner, **silent))["error"] == "login_required"
    visitor.sign_in(partner, person, face=True, prompt="login")
    answer = answer_of(visitor.authorize(partner, **silent))
    assert claims_of(visitor, partner, answer)["face"]["capture"] == "browser"
    age_session(seconds=3700, idle=3700)
    assert answer_of(visitor.authorize(partner, **silent))["error"] == "login_required"
    assert "code" in answer_of(visitor.authorize(partner, prompt="none"))


def test_a_relying_party_that_offers_no_face_cannot_demand_one(visitor: Browser) -> None:
    partner = make_partner(face_offered=False)
    assert answer_of(visitor.authorize(partner, claims=ESSENTIAL))["error"] == UNMET


@pytest.mark.requirement("S5.3-01")
@pytest.mark.parametrize("missing", [row.name for row in JUSTIFICATION])
def test_the_face_cannot_be_required_without_its_whole_justification(visitor: Browser, missing: str) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        make_partner(face="required", **justified(**{missing: " "}))
    assert set(refused.value.fields) == {missing}
    assert not RelyingParty.objects.exists()


@pytest.mark.requirement("S5.3-01")
@pytest.mark.parametrize("until", ["2020-01-01", "soon", "31.12.2030"])
def test_a_day_that_has_passed_or_is_none_justifies_nothing(visitor: Browser, until: str) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        make_partner(face="required", **justified(dpia_until=until))
    assert set(refused.value.fields) == {"dpia_until"}


def test_odd_settings_are_refused(visitor: Browser) -> None:
    with pytest.raises(RegistrationProblems):
        make_partner(face="sometimes")
    with pytest.raises(RegistrationProblems):
        make_partner(face="preferred", face_offered=False)


@pytest.mark.requirement("S5.3-01")
def test_an_assessment_whose_day_passes_suspends_the_requirement(
    visitor: Browser, insisting: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert requires_face(insisting.party)
    later = now() + timedelta(days=101)
    monkeypatch.setattr("authsvc.clients.settings.justification.now", lambda: later)
    assert justification_lapsed(insisting.party)
    assert not requires_face(insisting.party)
    claims = claims_of(visitor, insisting, visitor.sign_in(insisting, make_person()))
    assert "face" not in claims["amr"]
    # What a request demands itself is suspended by no day.
    assert visitor.sign_in(insisting, make_person(), claims=ESSENTIAL)["error"] == UNMET
    titles = [str(found.title) for found in overview.read(later).attention]
    assert "Impact assessments end" in titles


def test_administrators_hear_of_it_two_weeks_before(visitor: Browser, insisting: Partner) -> None:
    def warned(days: int) -> bool:
        found = overview.read(now() + timedelta(days=days)).attention
        return any("Insisting" in str(one.text) for one in found if "assessment" in str(one.title))

    assert [warned(days) for days in (0, 85, 87)] == [False, False, True]


@pytest.mark.requirement("S5.3-01", "S9.4-03")
def test_a_relying_party_cannot_grant_itself_the_requirement(visitor: Browser) -> None:
    set_options(dynamic_registration=True, open_registration=True)
    body = {"redirect_uris": [CALLBACK], "face": "required", **justified()}
    answer = visitor.http.post(f"{visitor.root}register", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    party = RelyingParty.objects.get(client_id=answer.json()["client_id"])
    assert not requires_face(party)
    assert party.justification == {}


def test_a_change_of_the_setting_is_in_force(visitor: Browser, insisting: Partner) -> None:
    change(party=insisting.party, face="preferred")
    forget_everything()
    assert "code" in visitor.sign_in(insisting, make_person())
