"""What tokens say of a face: exactly four members, from the evidence, and nothing where no face counts."""

from dataclasses import replace

import pytest

from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.assurance.face import MEMBERS, as_claim, face_said
from authsvc.core.application_models import APPLICATION_MODELS

PASSKEY = PasskeyProof("device", "swk", user_verified=True, attested=False, share_kind="prf")
FACE = FaceProof("capture", "accepted", "accepted", "engine", "r1", "policy", "1e-4", "G", "prf")
SAID = {"match": "server", "pad": "remote", "capture": "browser", "model": "G"}


def test_t08_a_page_and_the_software_phone_say_browser():
    for agent in (Agent("browser", "1"), Agent("simulator", "1"), Agent("sandbox", "form"), None):
        assert face_said(Proven(PASSKEY, agent, FACE)) == SAID


def test_an_attested_agent_says_native():
    assert face_said(Proven(PASSKEY, Agent("native", "1"), FACE)) == {**SAID, "capture": "native"}


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


@pytest.mark.parametrize("row", APPLICATION_MODELS, ids=lambda row: row.letter)
def test_every_model_says_where_it_was_compared(row):
    said = face_said(Proven(PASSKEY, face=replace(FACE, model=row.letter)))
    assert said is not None
    assert said["match"] == {"server": "server", "phone": "device"}[row.compared]


def test_an_unknown_model_claims_no_comparison():
    said = face_said(Proven(PASSKEY, face=replace(FACE, model="?")))
    assert said is not None
    assert said["match"] == "none"


@pytest.mark.requirement("S7-02", "S5.4-01")
def test_a_claim_holds_its_members_and_no_other():
    assert as_claim(None) == as_claim({}) == {}
    assert as_claim({**SAID, "score": 0.97}) == {"face": SAID}
    assert tuple(as_claim({"match": "server"})["face"]) == MEMBERS
