"""What is asked of the provider, and which answers meet it."""

import json
from typing import Any

import pytest

from rp.client.assurance import Wanted, authorize_parameters, challenge, met, require
from rp.client.refused import Refused

NOW = 1_800_000_000
L2_NOW = {"acr": "urn:visor:L2", "auth_time": NOW}


@pytest.mark.requirement("S6.4-03")
def test_a_step_up_demands_acr_and_age():
    parameters = authorize_parameters(Wanted("urn:visor:L2", 60))
    assert json.loads(parameters["claims"]) == {
        "id_token": {
            "acr": {"essential": True, "values": ["urn:visor:L2"]},
            "auth_time": {"essential": True},
        }
    }
    assert (parameters["acr_values"], parameters["max_age"]) == ("urn:visor:L2", "60")


def test_without_an_age_none_is_asked():
    assert "max_age" not in authorize_parameters(Wanted("urn:visor:L1"))


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize("acr", ["urn:visor:L1", "urn:visor:l2", "", None, 2, "level-9"])
def test_a_lower_or_unknown_acr_is_refused(acr: Any):
    with pytest.raises(Refused, match="below"):
        require({"acr": acr, "auth_time": NOW}, Wanted("urn:visor:L2"), now=NOW)


@pytest.mark.parametrize("acr", ["urn:visor:L2", "urn:visor:L3", "phr", "phrh"])
def test_the_same_or_a_higher_acr_is_accepted(acr: str):
    require({"acr": acr, "auth_time": NOW}, Wanted("urn:visor:L2", 60), now=NOW)


@pytest.mark.parametrize("auth_time", [NOW - 71, NOW + 11, None, True, str(NOW)])
def test_an_old_missing_or_future_auth_time_is_refused(auth_time: Any):
    with pytest.raises(Refused, match="auth"):
        require({"acr": "urn:visor:L2", "auth_time": auth_time}, Wanted("urn:visor:L2", 60), now=NOW)


BOTH = Wanted("urn:visor:L2", face=True, presence=True)
SHOWN = {**L2_NOW, "amr": ["swk", "face", "mfa"], "presence": True}


@pytest.mark.requirement("S6.4-03", "S5.3-01")
def test_a_face_and_presence_are_demanded_and_nothing_is_asked_of_who_wants_neither():
    asked = json.loads(authorize_parameters(BOTH)["claims"])["id_token"]
    assert asked["amr"] == {"essential": True, "values": ["face"]}
    assert asked["presence"] == {"essential": True}
    assert not {"amr", "presence"} & set(
        json.loads(authorize_parameters(Wanted("urn:visor:L2"))["claims"])["id_token"]
    )


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize("amr", [["swk", "mfa"], [], None, "face", {"face": True}])
def test_a_face_is_among_the_methods_or_there_was_none(amr: Any):
    require(SHOWN, BOTH, now=NOW)
    with pytest.raises(Refused, match="no face"):
        require({**SHOWN, "amr": amr}, BOTH, now=NOW)
    require({**SHOWN, "amr": amr}, Wanted("urn:visor:L2", presence=True), now=NOW)


@pytest.mark.requirement("S6.4-03")
@pytest.mark.parametrize("presence", [False, None, "true", 1])
def test_presence_is_said_in_so_many_words(presence: Any):
    with pytest.raises(Refused, match="present"):
        require({**SHOWN, "presence": presence}, BOTH, now=NOW)
    require({**SHOWN, "presence": presence}, Wanted("urn:visor:L2", face=True), now=NOW)


def test_the_session_gets_no_leeway():
    wanted = Wanted("urn:visor:L2", 60)
    assert met(L2_NOW, wanted, now=NOW + 60)
    assert not met(L2_NOW, wanted, now=NOW + 61)
    require(L2_NOW, wanted, now=NOW + 61)


def test_a_session_without_claims_meets_nothing():
    assert not met({}, Wanted("urn:visor:L1"), now=NOW)


@pytest.mark.parametrize(("acr", "max_age"), [("unknown", None), ("urn:visor:L2", -1)])
def test_nonsense_cannot_be_wanted(acr: str, max_age: int | None):
    with pytest.raises(ValueError, match="acr"):
        Wanted(acr, max_age)


def test_the_challenge_names_what_to_prove():
    assert challenge(Wanted("urn:visor:L2", 300)) == (
        'Bearer error="insufficient_user_authentication", acr_values="urn:visor:L2", max_age="300"'
    )
