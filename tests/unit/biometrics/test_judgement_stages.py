"""Features, comparison and decision: what is not finite, not whole, or not of this capture is refused."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsvc.biometrics.stages import comparison, features
from authsvc.biometrics.stages.decision import SIGNED, decide, sign_part
from authsvc.biometrics.templates import FORMAT, decode_template, encode_template
from authsvc.biometrics.types import (
    Descriptors,
    FeatureResult,
    QualityResult,
    Reason,
    SignedPart,
    StageError,
    Template,
    fuse,
)

RNG = np.random.default_rng(5)
VECTORS = RNG.normal(size=(3, 128)).astype(np.float32)
QUALITY = QualityResult(80.0, (80.0, None, 40.0, 0.0), {}, True)


def test_features_have_unit_length_and_weights_by_quality() -> None:
    made = features.assess(Descriptors(VECTORS, (0, 2, 3), 0.32), QUALITY)
    assert np.linalg.norm(made.vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert made.weights.sum() == pytest.approx(1)
    assert made.weights[0] == pytest.approx(2 * made.weights[1])
    assert made.weights[2] > 0


@pytest.mark.requirement("S6.2-02")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_refused(value: float) -> None:
    spoilt = VECTORS.copy()
    spoilt[1, 7] = value
    with pytest.raises(StageError) as refused:
        features.assess(Descriptors(spoilt, (0, 2, 3), 0.32), QUALITY)
    assert refused.value.reason == Reason.FEATURES


@pytest.mark.requirement("S6.2-02")
@pytest.mark.parametrize(
    "described",
    [
        Descriptors(np.zeros((3, 128), np.float32), (0, 2, 3), 0.32),
        Descriptors(np.full((3, 128), 1e-12, np.float32), (0, 2, 3), 0.32),
        Descriptors(np.zeros((0, 128), np.float32), (), 0.32),
        Descriptors(VECTORS, (0, 2), 0.32),
        Descriptors(VECTORS[0], (0,), 0.32),
    ],
)
def test_features_without_direction_or_number_are_refused(described: Descriptors) -> None:
    with pytest.raises(StageError) as refused:
        features.assess(described, QUALITY)
    assert refused.value.reason == Reason.FEATURES


def test_fusion_normalises_half_way() -> None:
    one = VECTORS[:1] / np.linalg.norm(VECTORS[0])
    assert fuse(np.repeat(one, 3, axis=0), np.full(3, 1 / 3)) == pytest.approx(one[0], abs=1e-6)
    apart = np.eye(4, dtype=np.float32)
    assert np.linalg.norm(fuse(apart, np.full(4, 0.25))) == pytest.approx(np.sqrt(0.5))
    assert not fuse(np.zeros((2, 4), np.float32), np.full(2, 0.5)).any()


def unit(count: int = 2) -> np.ndarray:
    rows = RNG.normal(size=(count, 128))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


SAME = unit()
PROBE = FeatureResult(SAME, (0, 1), np.array([0.5, 0.5], np.float32))
REFERENCE = Template(SAME, np.array([0.5, 0.5], np.float32), "engine:1")


def test_the_same_features_match_and_others_do_not() -> None:
    same = comparison.assess(PROBE, REFERENCE, engine_id="engine:1", threshold=0.5)
    other = comparison.assess(PROBE, replace(REFERENCE, vectors=unit()), engine_id="engine:1", threshold=0.5)
    assert (same.matched, same.banded) == (True, "at-or-above")
    assert (other.matched, other.banded) == (False, "below")


def test_a_score_is_never_printed() -> None:
    result = comparison.assess(PROBE, REFERENCE, engine_id="engine:1", threshold=0.5)
    assert f"{result.score:.3f}" not in repr(result)
    assert "vectors" not in repr(REFERENCE)


@pytest.mark.requirement("S5.2-05", "S6.2-02")
@pytest.mark.parametrize(
    ("reference", "threshold", "reason"),
    [
        (replace(REFERENCE, engine="engine:2"), 0.5, Reason.ENGINE_MISMATCH),
        (replace(REFERENCE, vectors=SAME[:, :64]), 0.5, Reason.REFERENCE),
        (REFERENCE, float("nan"), Reason.REFERENCE),
        (replace(REFERENCE, vectors=np.zeros((2, 128), np.float32)), 0.5, Reason.FEATURES),
        (replace(REFERENCE, vectors=np.full((2, 128), np.nan, np.float32)), 0.5, Reason.FEATURES),
    ],
)
def test_what_does_not_compare_is_refused(reference: Template, threshold: float, reason: Reason) -> None:
    with pytest.raises(StageError) as refused:
        comparison.assess(PROBE, reference, engine_id="engine:1", threshold=threshold)
    assert refused.value.reason == reason


@pytest.mark.requirement("S9.2-09")
def test_a_template_says_what_it_is_and_comes_back_as_it_was() -> None:
    data = encode_template(PROBE, engine="engine:1")
    assert json.loads(data.split(b"\n", 1)[0]) == {
        "format": FORMAT, "engine": "engine:1", "count": 2, "size": 128,
    }  # fmt: skip
    back = decode_template(data)
    assert back.engine == "engine:1"
    assert np.array_equal(back.vectors, PROBE.vectors)
    assert np.array_equal(back.weights, PROBE.weights)


@pytest.mark.requirement("S9.2-09")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-4],
        lambda data: data + b"\0\0\0\0",
        lambda data: data.replace(b"visor-features/1", b"visor-features/2"),
        lambda data: data.replace(b'"count": 2', b'"count": 0'),
        lambda data: data.replace(b'"count": 2', b'"count": 99'),
        lambda data: data.replace(b'"size": 128', b'"size": -1'),
        lambda data: data[:-8] + np.array([np.nan, 1], "<f4").tobytes(),
        lambda data: b"[]\n" + data.split(b"\n", 1)[1],
    ],
)
def test_a_template_of_another_form_is_refused(spoil: Any) -> None:
    with pytest.raises(StageError) as refused:
        decode_template(spoil(encode_template(PROBE, engine="engine:1")))
    assert refused.value.reason == Reason.REFERENCE


KEY, BINDING = b"k" * 32, {"transaction": "t", "capture": 1, "engine": "e", "policy": "p"}


def parts(**results: dict[str, Any]) -> list[SignedPart]:
    return [
        sign_part(stage, results.get(stage, {"passed": True}), binding=BINDING, key=KEY) for stage in SIGNED
    ]


def test_all_parts_that_passed_are_accepted() -> None:
    assert decide(parts(), binding=BINDING, key=KEY, expected=SIGNED).outcome == "accepted"


@pytest.mark.requirement("S9.2-04", "S6.2-04")
@pytest.mark.parametrize("stage", SIGNED)
def test_a_part_that_is_missing_refuses(stage: str) -> None:
    left = [part for part in parts() if part.stage != stage]
    assert decide(left, binding=BINDING, key=KEY, expected=SIGNED).reason == Reason.PART_MISSING


@pytest.mark.requirement("S6.2-04")
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda part: replace(part, body=part.body.replace(b"true", b"1.50")), Reason.PART_ALTERED),
        (lambda part: replace(part, mac=bytes(32)), Reason.PART_ALTERED),
        (lambda part: replace(part, stage="quality"), Reason.PART_ALTERED),
        (
            lambda part: sign_part("pad", {"passed": True}, binding=BINDING, key=b"x" * 32),
            Reason.PART_ALTERED,
        ),
        (
            lambda part: sign_part("pad", {"passed": True}, binding=BINDING | {"capture": 2}, key=KEY),
            Reason.PART_FOREIGN,
        ),
        (
            lambda part: sign_part("pad", {"passed": True}, binding=BINDING | {"engine": "f"}, key=KEY),
            Reason.PART_FOREIGN,
        ),
        (lambda part: sign_part("pad", {"passed": 1}, binding=BINDING, key=KEY), Reason.INTERNAL),
        (lambda part: sign_part("pad", {"passed": None}, binding=BINDING, key=KEY), Reason.INTERNAL),
        (
            lambda part: sign_part("pad", {"passed": False, "reason": "sunshine"}, binding=BINDING, key=KEY),
            Reason.INTERNAL,
        ),
    ],
)
def test_a_part_that_is_not_what_it_should_be_refuses(spoil: Any, reason: Reason) -> None:
    spoilt = [spoil(part) if part.stage == "pad" else part for part in parts()]
    found = decide(spoilt, binding=BINDING, key=KEY, expected=SIGNED)
    assert (found.outcome, found.reason) == ("refused", reason)


@pytest.mark.requirement("S6.2-04")
def test_a_doubled_or_unknown_part_refuses() -> None:
    assert (
        decide([*parts(), parts()[0]], binding=BINDING, key=KEY, expected=SIGNED).reason
        == Reason.PART_DUPLICATED
    )
    extra = sign_part("mood", {"passed": True}, binding=BINDING, key=KEY)
    assert decide([*parts(), extra], binding=BINDING, key=KEY, expected=SIGNED).reason == Reason.PART_FOREIGN


@pytest.mark.requirement("S9.2-08")
def test_poor_quality_is_asked_again_and_the_first_fault_counts() -> None:
    poor = {"passed": False, "reason": Reason.QUALITY, "hint": "light"}
    attack = {"passed": False, "reason": Reason.PAD_ATTACK}
    again = decide(parts(quality=poor, pad=attack), binding=BINDING, key=KEY, expected=SIGNED)
    assert (again.outcome, again.hint) == ("again", "light")
    refused = decide(
        parts(pad=attack, comparison={"passed": False, "reason": Reason.NON_MATCH}),
        binding=BINDING,
        key=KEY,
        expected=SIGNED,
    )
    assert (refused.outcome, refused.reason) == ("refused", Reason.PAD_ATTACK)


@pytest.mark.requirement("S9.2-08", "S8.1-02")
def test_poor_light_buys_an_injection_no_second_try() -> None:
    unclear = {"passed": False, "reason": Reason.PAD_UNCLEAR, "hint": "light"}
    injected = {"passed": False, "reason": Reason.IAD_INJECTION}
    again = decide(parts(pad=unclear), binding=BINDING, key=KEY, expected=SIGNED)
    assert (again.outcome, again.hint) == ("again", "light")
    for failed in ({"pad": unclear}, {"quality": {**unclear, "reason": Reason.QUALITY}}):
        refused = decide(parts(**failed, iad=injected), binding=BINDING, key=KEY, expected=SIGNED)
        assert (refused.outcome, refused.reason) == ("refused", Reason.IAD_INJECTION)


@given(order=st.permutations(range(len(SIGNED))), cut=st.integers(0, len(SIGNED)))
def test_no_order_or_share_of_the_parts_accepts_less_than_all(order: list[int], cut: int) -> None:
    signed = parts()
    found = decide([signed[place] for place in order[:cut]], binding=BINDING, key=KEY, expected=SIGNED)
    assert (found.outcome == "accepted") == (cut == len(SIGNED))
