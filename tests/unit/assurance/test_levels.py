"""The level is a pure function of the evidence; the whole truth table, against rules written apart."""

import itertools
from dataclasses import fields, replace

import pytest

from authsvc.assurance import levels
from authsvc.assurance.acr import acr_of, level_of
from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.core.application_models import APPLICATION_MODELS

MODELS = {row.letter: row for row in APPLICATION_MODELS}
VALUES = {
    "passkey": (None, "swk", "hwk"),
    "attested": (False, True),
    "origin_bound": (False, True),
    "user_verified": (False, True),
    "face": (False, True),
    "iad": (False, True),
    "evaluated": (False, True),
    "model": (None, "?", *MODELS),
    "share": (None, "browser", "prf"),
    "browser_capture": (False, True),
    "fresh": (False, True),
    "intent": (False, True),
}


def every_evidence():
    assert set(VALUES) == {field.name for field in fields(Evidence)}
    for values in itertools.product(*VALUES.values()):
        yield Evidence(**dict(zip(VALUES, values, strict=True)))  # type: ignore[arg-type]


def expected(e):
    """Return the level by the table of docs/architecture.md, from the top down."""
    if e.passkey is None or not e.fresh:
        return Level.NONE
    unmeasured = e.face and not e.evaluated
    l2 = e.intent and not unmeasured and (e.face or e.user_verified)
    row = MODELS.get(e.model)
    carried = row is not None and row.earns >= 3 and (e.share == "prf" or not row.shares)
    l3 = all([l2, e.face, e.passkey == "hwk", e.attested, e.origin_bound, e.iad, carried])
    if l3 and not e.browser_capture:
        return Level.L4 if e.user_verified else Level.L3
    return Level.L2 if l2 else Level.L1


@pytest.mark.requirement("SB-01")
def test_the_whole_truth_table():
    count = 0
    for evidence in every_evidence():
        assert assess(evidence).level == expected(evidence), evidence
        count += 1
    assert count == 3 * 3 * (2 + len(MODELS)) * 2**9


PERFECT = Evidence(
    passkey="hwk", attested=True, origin_bound=True, face=True, iad=True, evaluated=True,
    model="G", share="prf", browser_capture=False,
)  # fmt: skip


@pytest.mark.requirement("SB-01", "S6.3-02")
@pytest.mark.parametrize(
    ("model", "share", "level"),
    [("G", "prf", Level.L3), ("G", "browser", Level.L2), ("G", None, Level.L2), (None, "prf", Level.L2)],
)
def test_a_split_secret_carries_level_three_with_the_keys_own_share(model, share, level):
    result = assess(replace(PERFECT, model=model, share=share))
    assert result.level == level
    missing = "the reference is not of model G with a share that the key released"
    assert (missing in result.reasons) == (level == Level.L2)


@pytest.mark.requirement("SB-01")
@pytest.mark.parametrize(
    ("changes", "share", "level"),
    [
        ({"shares": ()}, None, Level.L3),
        ({"earns": 1}, "prf", Level.L2),
        ({"earns": 1, "shares": ()}, None, Level.L2),
    ],
)
def test_what_a_model_carries_stands_in_its_row(monkeypatch, changes, share, level):
    row = replace(APPLICATION_MODELS[0], **changes)
    monkeypatch.setattr(levels, "application_model", lambda letter: row)
    assert assess(replace(PERFECT, share=share)).level == level


@pytest.mark.requirement("SB-01", "S9.4-06")
def test_methods_follow_the_evidence():
    for evidence in every_evidence():
        result = assess(evidence)
        if result.level == Level.NONE:
            assert result.amr == ()
            continue
        assert ("face" in result.amr) == (evidence.face and evidence.evaluated)
        assert evidence.passkey in result.amr
        assert ("user" in result.amr) == evidence.user_verified
        assert ("mfa" in result.amr) == (result.level >= Level.L2)
        assert ("pop" in result.amr) == (result.level >= Level.L3)
        assert ("mca" in result.amr) == (result.level == Level.L4)


@pytest.mark.requirement("SB-01")
def test_more_evidence_never_lowers_a_level_and_less_never_raises_it():
    stronger = {"attested", "origin_bound", "user_verified", "iad", "evaluated", "fresh", "intent"}
    for evidence in every_evidence():
        level = assess(evidence).level
        for name in stronger:
            if not getattr(evidence, name):
                values = {field.name: getattr(evidence, field.name) for field in fields(Evidence)}
                assert assess(Evidence(**{**values, name: True})).level >= level


@pytest.mark.requirement("S5.2-01")
def test_a_face_alone_is_nothing():
    perfect = Evidence(face=True, iad=True, evaluated=True, model="G", share="prf", user_verified=True)
    assert assess(perfect).level == Level.NONE


@pytest.mark.requirement("S9.2-03")
def test_an_engine_without_a_record_is_level_one():
    assert assess(Evidence(passkey="hwk", user_verified=True, face=True)).level == Level.L1


@pytest.mark.requirement("S9.3-06")
def test_a_browser_never_exceeds_level_two():
    levels = {assess(evidence).level for evidence in every_evidence() if evidence.browser_capture}
    assert max(levels) == Level.L2


def test_every_level_below_the_top_says_why():
    for evidence in every_evidence():
        result = assess(evidence)
        assert bool(result.reasons) == (result.level != Level.L4)


PASSKEY = PasskeyProof("device", "swk", user_verified=True, attested=False, share_kind="prf")
FACE = FaceProof("capture", "accepted", "accepted", "engine", "r1", "policy", "1e-4", "G", "prf")


@pytest.mark.parametrize(
    "record",
    [
        Proven(),
        Proven(replace(PASSKEY, user_verified=False), face=replace(FACE, pad="maybe")),
        Proven(face=FACE),
    ],
)
def test_what_is_not_recorded_is_not_proven(record):
    evidence = Evidence.from_record(record)
    assert assess(evidence).level <= Level.L1
    assert evidence.face == (record.face is FACE)


def test_a_full_record_is_read():
    result = assess(Evidence.from_record(Proven(PASSKEY, Agent("browser", "1"), FACE)))
    assert result.level == Level.L2
    assert result.amr == ("face", "swk", "user", "mfa")


@pytest.mark.parametrize(
    ("record", "field", "read"),
    [
        (Proven(PASSKEY), "attested", False),
        (Proven(replace(PASSKEY, attested=True)), "attested", True),
        (Proven(PASSKEY, face=FACE), "evaluated", True),
        (Proven(PASSKEY, face=replace(FACE, record=None)), "evaluated", False),
        (Proven(PASSKEY, face=replace(FACE, iad="inconclusive")), "iad", False),
        (Proven(PASSKEY, face=FACE), "iad", True),
        (Proven(PASSKEY, face=FACE), "model", "G"),
        (Proven(PASSKEY, face=replace(FACE, share_kind="browser")), "share", "browser"),
        (Proven(PASSKEY), "browser_capture", True),
        (Proven(PASSKEY, Agent("native", "1")), "browser_capture", False),
        (Proven(PASSKEY), "origin_bound", True),
        (Proven(), "origin_bound", False),
    ],
)
def test_each_field_of_the_record_is_read(record, field, read):
    assert getattr(Evidence.from_record(record), field) == read


def test_acr_strings_and_aliases():
    assert [level_of(acr_of(level)) for level in Level if level] == [Level.L1, Level.L2, Level.L3, Level.L4]
    assert level_of("phr") == Level.L3
    assert level_of("urn:other") is None
    assert level_of("phrh") == Level.L3
