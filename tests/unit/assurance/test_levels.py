"""The level is a pure function of the evidence; the whole truth table, against rules written apart."""

import itertools
from dataclasses import fields, replace

import pytest

from authsvc.assurance import acr, levels
from authsvc.assurance.acr import acr_of, attainable, level_of
from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.core.application_models import APPLICATION_MODELS

MODELS = {row.letter: row for row in APPLICATION_MODELS}
VALUES = {
    "passkey": (None, "swk", "hwk"),
    "attested": (False, True),
    "certified": (False, True),
    "recovered": (False, True),
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


def counts(e):
    """Whether the face counts: one that no standing record vouches for is absent."""
    return e.face and e.evaluated


def by_face(e):
    """Whether the left column of the table is met at L3."""
    row = MODELS.get(e.model)
    carried = row is not None and row.earns >= 3 and (e.share == "prf" or not row.shares)
    return (
        all([e.intent, counts(e), e.passkey == "hwk", e.attested, e.origin_bound, e.iad, carried])
        and not e.browser_capture
    )


def by_key(e):
    """Whether the right column of the table is met at L3."""
    return e.intent and e.passkey == "hwk" and e.attested and e.origin_bound and e.user_verified


def expected(e):
    """Return the level by the table of docs/assurance.md, from the top down."""
    if e.passkey is None or not e.fresh:
        return Level.NONE
    if e.recovered:
        return Level.L1
    if (by_face(e) and e.user_verified) or (by_key(e) and e.certified):
        return Level.L4
    if by_face(e) or by_key(e):
        return Level.L3
    return Level.L2 if e.intent and e.user_verified else Level.L1


def methods(e, level):
    """Return the methods by the table of docs/assurance.md."""
    found = ["face"] if counts(e) else []
    found.append("hwk" if e.passkey == "hwk" and e.attested else "swk")
    found += ["pop"] if level >= Level.L3 else []
    found += ["user"] if e.user_verified or level >= Level.L3 else []
    found += ["mfa"] if level >= Level.L2 else []
    return tuple(found + (["mca"] if by_face(e) and e.user_verified and not e.recovered else []))


@pytest.mark.requirement("SB-01", "S9.4-06")
def test_the_whole_truth_table():
    count = 0
    for evidence in every_evidence():
        result, level = assess(evidence), expected(evidence)
        assert result.level == level, evidence
        assert result.amr == (methods(evidence, level) if level else ()), evidence
        assert result.face == ("face" in result.amr)
        # Why it is not higher is said below the top.
        assert bool(result.reasons) == (level != Level.L4), evidence
        count += 1
    assert count == 3 * 3 * (2 + len(MODELS)) * 2**11


PERFECT = Evidence(
    passkey="hwk", attested=True, origin_bound=True, face=True, iad=True, evaluated=True,
    model="G", share="prf", browser_capture=False,
)  # fmt: skip
KEY = Evidence(passkey="hwk", attested=True, origin_bound=True, user_verified=True)
BROWSER = Evidence(
    passkey="swk", origin_bound=True, user_verified=True, face=True, iad=True, evaluated=True,
    model="G", share="prf",
)  # fmt: skip


@pytest.mark.requirement("SB-01", "S6.3-02")
@pytest.mark.parametrize(
    ("model", "share", "level"),
    [("G", "prf", Level.L3), ("G", "browser", Level.L1), ("G", None, Level.L1), (None, "prf", Level.L1)],
)
def test_a_split_secret_carries_level_three_with_the_keys_own_share(model, share, level):
    result = assess(replace(PERFECT, model=model, share=share))
    assert result.level == level


@pytest.mark.requirement("SB-01")
def test_a_reference_that_does_not_carry_the_level_is_named_as_the_reason():
    result = assess(replace(PERFECT, user_verified=True, attested=False, share="browser"))
    assert result.level == Level.L2
    assert "the reference is not of model G with a share that the key released" in result.reasons


@pytest.mark.requirement("SB-01")
@pytest.mark.parametrize(
    ("changes", "share", "level"),
    [
        ({"shares": ()}, None, Level.L3),
        ({"earns": 1}, "prf", Level.L1),
        ({"earns": 1, "shares": ()}, None, Level.L1),
    ],
)
def test_what_a_model_carries_stands_in_its_row(monkeypatch, changes, share, level):
    row = replace(APPLICATION_MODELS[0], **changes)
    monkeypatch.setattr(levels, "application_model", lambda letter: row)
    assert assess(replace(PERFECT, share=share)).level == level


@pytest.mark.requirement("S9.3-06")
def test_t08_a_browsers_face_raises_nothing_above_what_the_passkey_alone_earns():
    for evidence in every_evidence():
        if evidence.face and evidence.browser_capture:
            alone = replace(evidence, face=False, iad=False, evaluated=False, model=None, share=None)
            assert assess(evidence).level == assess(alone).level, evidence


def test_t08_only_a_verified_attestation_makes_a_key_hardware():
    for evidence in every_evidence():
        assert "hwk" not in assess(evidence).amr or evidence.attested
    unproven = assess(replace(KEY, attested=False))
    assert (unproven.level, unproven.amr) == (Level.L2, ("swk", "user", "mfa"))
    assert "no attestation vouches for the key as hardware" in unproven.reasons


@pytest.mark.requirement("S9.2-03")
def test_t08_a_face_that_no_record_vouches_for_counts_as_absent():
    result = assess(replace(BROWSER, evaluated=False))
    assert (result.level, result.amr) == (Level.L2, ("swk", "user", "mfa"))
    assert result.reasons[0].startswith("the face counts as absent")
    native = assess(replace(PERFECT, user_verified=True, attested=False, evaluated=False))
    assert (native.level, native.face) == (Level.L2, False)


@pytest.mark.requirement("S5.3-02")
@pytest.mark.parametrize(
    ("evidence", "level", "amr"),
    [
        (BROWSER, Level.L2, ("face", "swk", "user", "mfa")),
        (replace(BROWSER, face=False), Level.L2, ("swk", "user", "mfa")),
        (replace(BROWSER, user_verified=False), Level.L1, ("face", "swk")),
        (replace(KEY, user_verified=False), Level.L1, ("hwk",)),
        (PERFECT, Level.L3, ("face", "hwk", "pop", "user", "mfa")),
        (KEY, Level.L3, ("hwk", "pop", "user", "mfa")),
        (replace(PERFECT, user_verified=True), Level.L4, ("face", "hwk", "pop", "user", "mfa", "mca")),
        (replace(KEY, certified=True), Level.L4, ("hwk", "pop", "user", "mfa")),
    ],
)
def test_each_row_of_the_table_in_both_columns(evidence, level, amr):
    result = assess(evidence)
    assert (result.level, result.amr) == (level, amr)


@pytest.mark.requirement("SB-01")
def test_more_evidence_never_lowers_a_level_and_less_never_raises_it():
    for evidence in every_evidence():
        level = assess(evidence).level
        for name in STRONGER:
            if not getattr(evidence, name):
                assert assess(replace(evidence, **{name: True})).level >= level


STRONGER = {"attested", "certified", "origin_bound", "user_verified", "face", "iad", "evaluated"}
STRONGER |= {"fresh", "intent"}


@pytest.mark.requirement("S5.2-01")
def test_a_face_alone_is_nothing():
    perfect = Evidence(face=True, iad=True, evaluated=True, model="G", share="prf", user_verified=True)
    assert assess(perfect).level == Level.NONE


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


@pytest.mark.requirement("SB-06")
def test_only_levels_that_the_rule_can_grant_are_attainable(monkeypatch):
    assert attainable() == (Level.L1, Level.L2)
    monkeypatch.setattr(acr, "proving", lambda: ["packed"])
    assert attainable() == (Level.L1, Level.L2, Level.L3)
