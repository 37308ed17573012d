"""The level is a pure function of the evidence; the whole truth table, against rules written apart."""

import itertools
from dataclasses import fields, replace
from functools import cache

import pytest

from authsvc.assurance import acr, levels
from authsvc.assurance.acr import acr_of, attainable, level_of
from authsvc.assurance.evidence import Agent, FaceProof, PasskeyProof, Proven
from authsvc.assurance.levels import Assessment, Evidence, Level, assess
from authsvc.core.application_models import APPLICATION_MODELS
from authsvc.core.components import Component

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
    "handed_on": (False, True),
    "browser_capture": (False, True),
    "fresh": (False, True),
    "intent": (False, True),
}
CARRIES_NO_MORE = "a part of the installation that it rests on carries no more"
CARRIED = (Level.L1, Level.L2, Level.L3, Level.L4)


def every_evidence():
    assert {*VALUES, "weakest"} == {field.name for field in fields(Evidence)}
    for values in itertools.product(*VALUES.values()):
        yield Evidence(**dict(zip(VALUES, values, strict=True)))  # type: ignore[arg-type]


@cache
def table():
    """Every evidence with its outcome; equal outcomes are one object, and all is worked out once."""
    known: dict[Assessment, Assessment] = {}
    outcomes = ((evidence, assess(evidence)) for evidence in every_evidence())
    return [(evidence, known.setdefault(outcome, outcome)) for evidence, outcome in outcomes]


assess_once = cache(assess)


def without_face(evidence):
    """Return the outcome of what is left of it where nobody showed a face: few are distinct."""
    return assess_once(replace(evidence, face=False, iad=False, evaluated=False, model=None, share=None))


def matched(e):
    """Where a face was compared, as the tokens' claim says it: "none" for a model that nobody knows."""
    row = MODELS.get(e.model)
    return {"server": "server", "phone": "device", "nowhere": "none"}[row.compared] if row else "none"


def counts(e):
    """Whether the face counts: one that no record vouches for is absent, one compared nowhere is none.

    Nor is one that a page says it compared.
    """
    said_by_a_page = matched(e) == "device" and e.browser_capture
    return e.face and e.evaluated and matched(e) != "none" and not said_by_a_page


def by_face(e):
    """Whether the left column of the table is met at L3."""
    row = MODELS.get(e.model)
    carried = row is not None and row.earns >= 3 and (e.share == "prf" or not row.shares)
    return (
        all([e.intent, counts(e), e.passkey == "hwk", e.attested, e.origin_bound, e.iad, carried])
        and not e.browser_capture
        and not e.handed_on
    )


def by_key(e):
    """Whether the right column of the table is met at L3."""
    hardware = e.passkey == "hwk" and e.attested and not e.handed_on
    return e.intent and hardware and e.origin_bound and e.user_verified


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
    return tuple(found + (["mca"] if level == Level.L4 and by_face(e) and e.user_verified else []))


@pytest.mark.modes("levels", models="every")
@pytest.mark.requirement("SB-01", "S9.4-06")
def test_the_whole_truth_table():
    for evidence, result in table():
        level = expected(evidence)
        assert result.level == level, evidence
        assert result.amr == (methods(evidence, level) if level else ()), evidence
        assert result.face == ("face" in result.amr)
        assert result.present == (bool(level) and evidence.face and evidence.evaluated), evidence
        # Why it is not higher is said below the top.
        assert bool(result.reasons) == (level != Level.L4), evidence
    assert len(table()) == 3 * 3 * (2 + len(MODELS)) * 2**12


@pytest.mark.no_cover  # the truth table shows every line once
@pytest.mark.requirement("SB-01", "S5.4-02")
def test_whatever_is_proven_the_weakest_part_caps_it():
    """What a part carries meets an outcome and nothing else: of each outcome of the table one evidence."""
    of_each_outcome = {outcome: evidence for evidence, outcome in table()}
    assert {outcome.level for outcome in of_each_outcome} == set(Level)
    for (outcome, evidence), weakest in itertools.product(of_each_outcome.items(), CARRIED):
        result, level = assess(replace(evidence, weakest=weakest)), min(outcome.level, weakest)
        assert result.level == level, evidence
        assert result.amr == (methods(evidence, level) if level else ()), evidence
        # What the evidence misses is said where it misses something, and the part where it carries no more.
        assert result.reasons[: len(outcome.reasons)] == outcome.reasons or level < outcome.level
        assert (CARRIES_NO_MORE in result.reasons) == (Level.NONE < level == weakest < Level.L4), evidence


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
    [
        ("G", "prf", Level.L3),
        ("G", "browser", Level.L1),
        ("G", None, Level.L1),
        ("B", "prf", Level.L3),
        ("B", "browser", Level.L1),
        ("A", None, Level.L3),
        ("C", "prf", Level.L3),
        ("C", "browser", Level.L1),
        ("D", None, Level.L1),
        ("D", "prf", Level.L1),
        (None, "prf", Level.L1),
    ],
)
def test_a_split_secret_carries_level_three_with_the_keys_own_share(model, share, level):
    result = assess(replace(PERFECT, model=model, share=share))
    assert result.level == level


@pytest.mark.requirement("SB-01")
def test_a_reference_that_does_not_carry_the_level_is_named_as_the_reason():
    result = assess(replace(PERFECT, user_verified=True, attested=False, share="browser"))
    assert result.level == Level.L2
    said = "the reference is not of model G or B or C with a share that the key released, nor of model A"
    assert said in result.reasons


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


@pytest.mark.no_cover  # the truth table shows every line once
@pytest.mark.requirement("S9.3-06")
def test_t08_a_browsers_face_raises_nothing_above_what_the_passkey_alone_earns():
    for evidence, result in table():
        if evidence.face and evidence.browser_capture:
            assert result.level == without_face(evidence).level, evidence


@pytest.mark.no_cover  # the truth table shows every line once
@pytest.mark.requirement("S6.3-01", "SB-01")
def test_what_was_compared_nowhere_is_no_face_and_raises_nothing_whoever_captured_it():
    for evidence, seen in table():
        if evidence.face and matched(evidence) == "none":
            passkey = without_face(evidence)
            assert (seen.level, seen.amr) == (passkey.level, passkey.amr), evidence


@pytest.mark.requirement("S6.3-01", "SB-01")
def test_what_a_page_says_that_it_compared_is_no_face_and_somebody_was_there_all_the_same():
    said = assess(replace(BROWSER, model="C"))
    assert (said.level, said.amr, said.present) == (Level.L2, ("swk", "user", "mfa"), True)
    assert "the face counts as absent: nothing vouches for the page that compared it" in said.reasons
    vouched = assess(replace(BROWSER, model="C", browser_capture=False))
    assert (vouched.level, vouched.amr) == (Level.L2, ("face", "swk", "user", "mfa"))


@pytest.mark.no_cover  # the truth table shows every line once
def test_t08_only_a_verified_attestation_makes_a_key_hardware():
    for evidence, result in table():
        assert "hwk" not in result.amr or evidence.attested
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


@pytest.mark.no_cover  # the truth table shows every line once
@pytest.mark.requirement("SB-01")
def test_more_evidence_never_lowers_a_level_and_less_never_raises_it():
    levels = dict(
        zip(itertools.product(*VALUES.values()), (outcome.level for _, outcome in table()), strict=True)
    )
    places = [place for place, name in enumerate(VALUES) if name in STRONGER]
    for values, level in levels.items():
        for place in places:
            if not values[place]:
                assert levels[(*values[:place], True, *values[place + 1 :])] >= level


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
        (Proven(PASSKEY, Agent("native", "1", "test")), "browser_capture", False),
        (Proven(PASSKEY, Agent("native", "1")), "browser_capture", True),
        (Proven(PASSKEY), "origin_bound", True),
        (Proven(), "origin_bound", False),
        (Proven(PASSKEY), "handed_on", False),
        (Proven(PASSKEY, handoff="number"), "handed_on", True),
        (Proven(PASSKEY, handoff="hybrid"), "handed_on", True),
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
    assert attainable(Level.L4) == (Level.L1, Level.L2)
    monkeypatch.setattr(acr, "proving", lambda: ["packed"])
    assert attainable(Level.L4) == (Level.L1, Level.L2, Level.L3)
    assert attainable(Level.L2) == (Level.L1, Level.L2)
    assert attainable(Level.L1) == (Level.L1,)


HERE = (Component("provider", grade="L3"), Component("store", grade="L4"), Component("keys", grade="L3"))


@pytest.mark.requirement("S5.4-02")
@pytest.mark.parametrize(
    ("own", "of_the_face", "weakest"),
    [
        ((), None, Level.L2),
        ((), (), Level.L2),
        (HERE, None, Level.L3),
        # A pool that nobody declared.
        (HERE, (), Level.L2),
        (HERE, (Component("worker", "east", "L1"),), Level.L1),
        (HERE, (Component("worker", "east", "L3"), Component("objects", grade="L1")), Level.L1),
        (HERE, (Component("worker", "east", "L3"), Component("keys", grade="L2")), Level.L2),
        ((*HERE, Component("mail", grade="L1")), None, Level.L1),
        (HERE[:2], None, Level.L2),
    ],
)
def test_the_weakest_part_is_found_wherever_it_was_touched(own, of_the_face, weakest):
    face = None if of_the_face is None else replace(FACE, components=of_the_face)
    assert Evidence.from_record(Proven(PASSKEY, face=face, components=own)).weakest == weakest


@pytest.mark.requirement("S5.4-02")
def test_a_part_that_carries_less_is_named_as_the_reason_and_alone():
    result = assess(replace(KEY, weakest=Level.L2))
    assert (result.level, result.amr) == (Level.L2, ("hwk", "user", "mfa"))
    assert result.reasons == (CARRIES_NO_MORE,)


@pytest.mark.requirement("S5.4-02")
def test_what_is_shown_are_the_parts_that_it_rests_on_declared_or_not():
    proven = Proven(PASSKEY, face=replace(FACE, components=(Component("worker", "east", "L1", "eu"),)))
    assert [(part.kind, part.name, part.grade, part.region) for part in proven.touched] == [
        ("provider", "", "L2", ""),
        ("worker", "east", "L1", "eu"),
        ("store", "", "L2", ""),
        ("keys", "", "L2", ""),
    ]
    assert [part.kind for part in Proven(PASSKEY).touched] == ["provider", "store", "keys"]
