"""Plans are data: stages run in a plan's order, and no plan gets past what every decision rests on."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from authsvc.biometrics import pipeline
from authsvc.biometrics.pipeline import Outcome, run
from authsvc.biometrics.stages.decision import SIGNED, parts_of
from authsvc.biometrics.types import PoorSample, Reason, StageError
from authsvc.core.stages import ENROL, LIVENESS, RENEW, VERIFY, Plan, Stage

from .samples import THRESHOLDS, sample_of

ENGINE: Any = SimpleNamespace(engine_id="engine:1")
MANIFEST: Any = "manifest"
Step = Callable[[Any], None]


def passing(stage: Stage) -> Step:
    """Return a step that finds nothing wrong."""

    def step(going: Any) -> None:
        going.burst = SimpleNamespace(manifest=MANIFEST)
        going.judged = SimpleNamespace(score=71.5)
        if stage == Stage.TEMPLATE:
            going.template = b"template"
        if stage in SIGNED:
            going.note(stage)

    return step


def raising(problem: Exception) -> Step:
    """Return a step that ends the run."""

    def step(going: Any) -> None:
        raise problem

    return step


def failing(stage: Stage, reason: Reason) -> Step:
    """Return a step that goes on, and has found something."""
    return lambda going: going.note(stage, False, reason, "hint", detail="seen")


@pytest.fixture
def outcome_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run a plan whose stages pass, but for those that a test puts in their place."""

    def outcome_of(plan: Plan, steps: dict[Stage, Step] | None = None) -> Outcome:
        monkeypatch.setattr(
            pipeline, "STAGES", {**{stage: passing(stage) for stage in Stage}, **(steps or {})}
        )
        sample = sample_of([])
        return run(
            plan,
            b"",
            context=sample.context,
            thresholds=THRESHOLDS,
            engine=ENGINE,
            part_key=b"k" * 32,
        )

    return outcome_of


def test_every_stage_is_known_to_the_one_pipeline() -> None:
    assert tuple(pipeline.STAGES) == tuple(Stage)


@pytest.mark.requirement("S6.2-04")
@pytest.mark.parametrize("plan", [VERIFY, ENROL, RENEW])
def test_stages_run_in_the_order_of_their_plan(outcome_of: Callable[..., Outcome], plan: Plan) -> None:
    outcome = outcome_of(plan)
    assert outcome.decision.outcome == "accepted"
    assert tuple(outcome.timings) == (*plan, "decision")
    assert tuple(part.stage for part in outcome.parts) == parts_of(plan)
    assert (outcome.manifest, outcome.quality) == (MANIFEST, 71.5)
    assert outcome.template == (b"template" if Stage.TEMPLATE in plan else None)


@pytest.mark.requirement("S9.2-04", "S6.2-04")
@pytest.mark.parametrize("left_out", LIVENESS)
@pytest.mark.parametrize("plan", [VERIFY, ENROL, RENEW])
def test_a_plan_that_leaves_liveness_out_accepts_nobody(
    outcome_of: Callable[..., Outcome], plan: Plan, left_out: Stage
) -> None:
    outcome = outcome_of(tuple(stage for stage in plan if stage != left_out))
    assert (outcome.decision.outcome, outcome.decision.reason) == ("refused", Reason.PART_MISSING)
    assert (outcome.manifest, outcome.template) == (None, None)


@pytest.mark.requirement("S6.2-02")
def test_no_stage_at_all_accepts_nobody(outcome_of: Callable[..., Outcome]) -> None:
    assert outcome_of(()).decision.reason == Reason.PART_MISSING


@pytest.mark.requirement("S6.2-04")
@pytest.mark.parametrize("stage", SIGNED)
def test_a_stage_that_signs_nothing_accepts_nobody(outcome_of: Callable[..., Outcome], stage: Stage) -> None:
    outcome = outcome_of(VERIFY, {stage: lambda going: None})
    assert outcome.decision.reason == Reason.PART_MISSING


@pytest.mark.requirement("S6.2-02")
def test_a_stage_that_raises_ends_the_run_with_its_reason(outcome_of: Callable[..., Outcome]) -> None:
    outcome = outcome_of(VERIFY, {Stage.VAULT: raising(StageError(Reason.REFERENCE, detail="shut"))})
    assert (outcome.decision.reason, outcome.detail) == (Reason.REFERENCE, "shut")
    assert tuple(outcome.timings) == VERIFY[:-1]


@pytest.mark.requirement("S9.2-08")
def test_a_poor_sample_is_asked_again(outcome_of: Callable[..., Outcome]) -> None:
    outcome = outcome_of(VERIFY, {Stage.TRACKING: raising(PoorSample(Reason.NO_FACE, "centre"))})
    assert (outcome.decision.outcome, outcome.decision.hint) == ("again", "centre")


@pytest.mark.requirement("S6.2-02", "S8.1-01")
@pytest.mark.parametrize(
    "later",
    [StageError(Reason.REFERENCE, detail="shut"), PoorSample(Reason.FEW_FRAMES, "centre", detail="shut")],
)
def test_what_was_found_first_counts_whatever_comes_later(
    outcome_of: Callable[..., Outcome], later: StageError
) -> None:
    attack = failing(Stage.PAD, Reason.PAD_ATTACK)
    outcome = outcome_of(VERIFY, {Stage.PAD: attack, Stage.VAULT: raising(later)})
    assert (outcome.decision.outcome, outcome.decision.reason) == ("refused", Reason.PAD_ATTACK)
    assert outcome.detail == "pad: seen; shut"


@pytest.mark.requirement("S6.2-02")
def test_a_plan_without_anybody_to_open_the_reference_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = pipeline.STAGES[Stage.VAULT]
    steps = {**{stage: passing(stage) for stage in Stage}, Stage.VAULT: vault}
    monkeypatch.setattr(pipeline, "STAGES", steps)
    outcome = run(
        VERIFY,
        b"",
        context=sample_of([]).context,
        thresholds=THRESHOLDS,
        engine=ENGINE,
        part_key=b"k" * 32,
    )
    assert outcome.decision.reason == Reason.REFERENCE


def test_an_enrolment_that_is_refused_has_no_template(outcome_of: Callable[..., Outcome]) -> None:
    outcome = outcome_of(ENROL, {Stage.IAD: failing(Stage.IAD, Reason.IAD_INJECTION)})
    assert (outcome.decision.outcome, outcome.template) == ("refused", None)
