"""What tokens say of a face: exactly four members, from the evidence, and nothing where no face counts."""

from dataclasses import replace

import pytest

from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.assurance.face import MEMBERS, as_claim, face_said, is_present
from authsvc.assurance.levels import Evidence, assess
from authsvc.core.application_models import APPLICATION_MODELS

PASSKEY = PasskeyProof("device", "swk", user_verified=True, attested=False, share_kind="prf")
FACE = FaceProof("capture", "accepted", "accepted", "engine", "r1", "policy", "1e-4", "G", "prf")
SAID = {"match": "server", "pad": "remote", "capture": "browser", "model": "G"}


def test_t08_a_page_and_the_software_phone_say_browser():
    for agent in (Agent("browser", "1"), Agent("simulator", "1"), Agent("sandbox", "form"), None):
        assert face_said(Proven(PASSKEY, agent, FACE)) == SAID


def test_an_attested_agent_says_native():
    assert face_said(Proven(PASSKEY, Agent("native", "1", "test"), FACE)) == {**SAID, "capture": "native"}


@pytest.mark.parametrize(
    "proven",
    [
        Proven(PASSKEY),
        Proven(face=FACE),
        Proven(PASSKEY, face=replace(FACE, record=None)),
        Proven(PASSKEY, face=replace(FACE, pad="inconclusive")),
    ],
)
def test_t08_nothing_is_said_of_a_face_that_does_not_count(proven):
    assert face_said(proven) is None


@pytest.mark.modes("token")
@pytest.mark.parametrize("row", APPLICATION_MODELS, ids=lambda row: row.letter)
def test_every_model_says_where_it_was_compared(row):
    said = face_said(Proven(PASSKEY, face=replace(FACE, model=row.letter)))
    assert said is not None
    assert said["match"] == {"server": "server", "phone": "device", "nowhere": "none"}[row.compared]


@pytest.mark.requirement("S6.3-01", "S7-02")
def test_presence_is_said_without_a_match_and_without_a_method() -> None:
    proven = Proven(PASSKEY, Agent("browser", "1"), replace(FACE, model="D", share_kind=None))
    assert face_said(proven) == {"match": "none", "pad": "remote", "capture": "browser", "model": "D"}
    assert is_present(face_said(proven))
    assert "face" not in assess(Evidence.from_record(proven)).amr


def test_an_unknown_model_claims_no_comparison():
    said = face_said(Proven(PASSKEY, face=replace(FACE, model="?")))
    assert said is not None
    assert said["match"] == "none"


@pytest.mark.requirement("S7-02", "S5.4-01")
def test_a_claim_holds_its_members_and_no_other():
    assert as_claim(None) == as_claim({}) == {}
    assert as_claim({**SAID, "score": 0.97}) == {"face": SAID}
    assert tuple(as_claim({"match": "server"})["face"]) == MEMBERS


@pytest.mark.requirement("SB-01")
@pytest.mark.parametrize(
    ("said", "present"),
    [
        (SAID, True),
        ({**SAID, "match": "none"}, True),
        ({**SAID, "pad": "none"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_presence_is_what_the_server_saw_alive_compared_or_not(
    said: dict[str, str] | None, present: bool
) -> None:
    assert is_present(said) is present
