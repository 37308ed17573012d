"""The whole pipeline on photographs rendered as bursts: who passes, and who is refused at which stage."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from authsvc.biometrics.description import PROBE, REFERENCE, Best, describe_burst
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.pipeline import Outcome, run
from authsvc.biometrics.stages import quality
from authsvc.biometrics.stages.decision import SIGNED
from authsvc.biometrics.templates import decode_template
from authsvc.biometrics.types import (
    Array,
    Manifest,
    PadResult,
    QualityResult,
    Reason,
    StageError,
    Template,
    Thresholds,
)
from authsvc.core.stages import ENROL, VERIFY

from . import synthetic
from .samples import THRESHOLDS, Sample, rendered, sample_of

pytestmark = pytest.mark.needs("photos")
KEY = b"k" * 32
SEEN = synthetic.burst()[:2]


def enrolled(sample: Sample, *, engine: Engine | None = None, thresholds: Thresholds = THRESHOLDS) -> Outcome:
    return run(
        ENROL,
        sample.plain,
        context=sample.context,
        thresholds=thresholds,
        engine=engine or load_engine(),
        part_key=KEY,
    )


def verified(
    sample: Sample,
    reference: Template | Exception,
    *,
    engine: Engine | None = None,
    thresholds: Thresholds = THRESHOLDS,
) -> Outcome:
    def opened(manifest: Manifest) -> Template:
        assert manifest.device == "device"
        if isinstance(reference, Exception):
            raise reference
        return reference

    return run(
        VERIFY,
        sample.plain,
        context=sample.context,
        thresholds=thresholds,
        open_reference=opened,
        engine=engine or load_engine(),
        part_key=KEY,
    )


@pytest.fixture(scope="module")
def person() -> Sample:
    return rendered("obama", seed=2)


@pytest.fixture(scope="module")
def enrolment(person: Sample) -> Outcome:
    return enrolled(person)


@pytest.fixture(scope="module")
def reference(enrolment: Outcome) -> Template:
    assert enrolment.template is not None, (enrolment.decision, enrolment.detail)
    return decode_template(enrolment.template)


class ChangedEngine:
    """The process's engine, with other features."""

    def __init__(self, change: Any) -> None:
        self._engine, self._change = load_engine(), change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def features(self, *arguments: Any, **options: Any) -> Array:
        return np.asarray(self._change(self._engine.features(*arguments, **options)), np.float32)


def test_an_enrolment_gives_a_template_and_a_part_of_each_stage(enrolment: Outcome) -> None:
    assert enrolment.decision.outcome == "accepted"
    assert tuple(part.stage for part in enrolment.parts) == ("decode", "quality", "pad", "iad", "features")
    assert enrolment.quality > THRESHOLDS.quality
    assert set(ENROL) <= set(enrolment.timings)
    assert "visor-features" not in repr(enrolment)


def test_a_reference_is_of_the_best_frames_at_rest(reference: Template) -> None:
    assert 2 <= len(reference.vectors) <= 6
    assert np.linalg.norm(reference.vectors, axis=1) == pytest.approx(
        np.ones(len(reference.vectors)), abs=1e-4
    )
    assert reference.engine == load_engine().engine_id


class Asked:
    """Stands in for an engine, and keeps which faces it was to describe with their mirror image."""

    apart = 1.0
    living = None
    mirrored: tuple[bool, ...] = ()

    def features(self, images: list[object], landmarks: list[object], *, mirrored: list[bool]) -> np.ndarray:
        self.mirrored = tuple(mirrored)
        return np.arange(len(images) * 128, dtype=np.float32).reshape(-1, 128)


@pytest.mark.parametrize(("best", "twice"), [(PROBE, 1), (REFERENCE, 6)])
def test_the_mirror_image_counts_for_the_very_best_frames(best: Best, twice: int) -> None:
    sample, track, _ = synthetic.burst()
    rising = QualityResult(90.0, tuple(float(index) for index in range(len(sample.frames))), {}, True)
    asked = Asked()
    spread, chosen = describe_burst(sample, track, rising, asked, best=best)  # type: ignore[arg-type]
    mirrored = [frame for frame, both in zip(spread.frames, asked.mirrored, strict=True) if both]
    assert len(chosen.frames) == best.frames
    assert mirrored == sorted(chosen.frames)[-twice:]


@pytest.mark.requirement("S6.2-02")
def test_the_enrolled_person_is_accepted(reference: Template) -> None:
    outcome = verified(rendered("obama", seed=3), reference)
    assert outcome.decision.outcome == "accepted", (outcome.decision, outcome.detail)
    assert tuple(part.stage for part in outcome.parts) == SIGNED
    assert tuple(outcome.timings) == (*VERIFY, "decision")


@pytest.mark.requirement("S9.2-01")
def test_another_person_is_refused_by_the_comparison_alone(reference: Template) -> None:
    outcome = verified(rendered("biden", seed=2), reference)
    assert (outcome.decision.outcome, outcome.decision.reason) == ("refused", Reason.NON_MATCH), (
        outcome.detail
    )


@pytest.mark.requirement("S9.2-04", "S8.1-01")
def test_a_face_that_follows_no_cue_is_not_accepted(reference: Template) -> None:
    outcome = verified(rendered("obama", seed=2, still=True), reference)
    assert outcome.decision.reason in {Reason.NON_RESPONSE, Reason.PAD_ATTACK}, outcome.detail


@pytest.mark.requirement("S8.1-02")
def test_the_software_phone_is_refused_where_it_is_not_allowed(person: Sample, reference: Template) -> None:
    outcome = verified(person, reference, thresholds=replace(THRESHOLDS, allow_simulated=False))
    assert outcome.decision.reason == Reason.SIMULATED
    assert outcome.parts == ()


@pytest.mark.requirement("S5.2-05")
def test_a_reference_of_another_engine_is_refused(person: Sample, reference: Template) -> None:
    outcome = verified(person, replace(reference, engine="dlib:0"))
    assert outcome.decision.reason == Reason.ENGINE_MISMATCH


@pytest.mark.requirement("S6.2-02")
def test_a_reference_that_does_not_open_is_refused_with_its_reason(person: Sample) -> None:
    outcome = verified(person, StageError(Reason.REFERENCE, detail="wrong share"))
    assert (outcome.decision.reason, outcome.detail) == (Reason.REFERENCE, "wrong share")


@pytest.mark.requirement("S6.2-02")
@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_features_of_no_direction_are_never_accepted(
    person: Sample, reference: Template, value: float
) -> None:
    engine: Any = ChangedEngine(lambda vectors: np.full_like(vectors, value))
    outcome = verified(person, reference, engine=engine)
    assert outcome.decision.outcome == "refused"
    assert outcome.decision.reason in {Reason.FEATURES, Reason.PAD_INCONCLUSIVE}


@pytest.mark.requirement("S8.1-05")
def test_frames_of_an_enrolment_must_agree(person: Sample) -> None:
    rng = np.random.default_rng(1)
    engine: Any = ChangedEngine(
        lambda vectors: (
            vectors + rng.normal(0, 0.15, vectors.shape) * np.linalg.norm(vectors, axis=1, keepdims=True)
        )
    )
    outcome = enrolled(person, engine=engine)
    assert outcome.decision.outcome == "refused"
    assert outcome.template is None
    assert outcome.decision.reason in {Reason.INCONSISTENT_ENROLMENT, Reason.PAD_ATTACK}


@pytest.mark.requirement("S9.2-08")
def test_poor_quality_is_asked_again_and_nothing_more_is_computed(
    person: Sample, reference: Template
) -> None:
    outcome = verified(person, reference, thresholds=replace(THRESHOLDS, quality=100.0))
    assert (outcome.decision.outcome, outcome.decision.reason) == ("again", Reason.QUALITY)
    assert "description" not in outcome.timings


@pytest.mark.requirement("S9.2-08", "S9.2-04")
@pytest.mark.parametrize("verdict", ["attack", "inconclusive", "non-response", "bona-fide"])
@pytest.mark.parametrize("doubt", ["light", None])
def test_what_quality_explains_is_asked_again_and_never_accepted(
    person: Sample, reference: Template, monkeypatch: pytest.MonkeyPatch, verdict: Any, doubt: str | None
) -> None:
    judged = replace(quality.assess(*SEEN, minimum=0), acceptable=True, worst=None, hint=None, doubt=doubt)
    scored = lambda burst, track, minimum: replace(  # noqa: E731
        judged, frames=tuple(90.0 if burst.cue(frame) == "centre" else None for frame in burst.frames)
    )
    monkeypatch.setattr("authsvc.biometrics.stages.quality.assess", scored)
    found = PadResult(verdict, {}, 0.0, "evidence", "1", 300.0)
    monkeypatch.setattr("authsvc.biometrics.stages.pad.assessment.assess", lambda *_: found)
    outcome = verified(person, reference)
    expected = {
        ("attack", None): ("refused", Reason.PAD_ATTACK, None),
        ("attack", "light"): ("again", Reason.PAD_UNCLEAR, "light"),
        ("inconclusive", None): ("refused", Reason.PAD_INCONCLUSIVE, None),
        ("inconclusive", "light"): ("again", Reason.PAD_UNCLEAR, "light"),
        ("non-response", None): ("again", Reason.NON_RESPONSE, "follow"),
        ("non-response", "light"): ("again", Reason.NON_RESPONSE, "follow"),
    }.get((verdict, doubt), ("accepted", None, None))
    decision = outcome.decision
    assert (decision.outcome, decision.reason, decision.hint) == expected, outcome.detail


@pytest.mark.requirement("S6.2-02")
def test_an_earlier_fault_counts_before_a_later_one(reference: Template) -> None:
    outcome = verified(rendered("obama", seed=2, still=True), StageError(Reason.REFERENCE))
    assert outcome.decision.reason != Reason.REFERENCE


@pytest.mark.requirement("S6.2-02", "S9.2-08")
@pytest.mark.parametrize(("grey", "hint"), [(90, "centre"), (8, "light"), (252, "dimmer")])
def test_a_sample_without_a_face_is_asked_again(reference: Template, grey: int, hint: str) -> None:
    files = [
        cv2.imencode(".jpg", np.full((480, 640, 3), grey + number % 4, np.uint8))[1].tobytes()
        for number in range(24)
    ]
    outcome = verified(sample_of(files), reference)
    assert (outcome.decision.outcome, outcome.decision.reason) == ("again", Reason.NO_FACE)
    assert outcome.decision.hint == hint


def turned(person: Sample, quarters: int) -> Sample:
    upright = [cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), 1) for frame in person.frames]
    return sample_of(
        [cv2.imencode(".jpg", np.rot90(np.asarray(one), quarters))[1].tobytes() for one in upright]
    )


@pytest.mark.requirement("S9.2-08")
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_pixels_are_asked_for_upright(person: Sample, reference: Template, quarters: int) -> None:
    decision = verified(turned(person, quarters), reference).decision
    assert (decision.outcome, decision.hint) == ("again", "upright")


@pytest.mark.requirement("S9.2-08")
def test_a_face_that_only_a_movement_shows_is_asked_for_what_hides_it(
    person: Sample, reference: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = QualityResult(0.0, (), {}, acceptable=False, worst="SingleFacePresent", hint="centre")
    masked = {"HeadPoseYaw": 0.0, "MouthOcclusionPrevention": 1.0, "Sharpness": 90.0}
    monkeypatch.setattr("authsvc.biometrics.stages.quality.assess", lambda *_, **__: unseen)
    monkeypatch.setattr("authsvc.biometrics.stages.quality.components", lambda *_: masked)
    decision = verified(person, reference).decision
    assert (decision.outcome, decision.reason, decision.hint) == ("again", Reason.QUALITY, "mask")
