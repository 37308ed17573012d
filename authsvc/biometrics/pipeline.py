"""The one pipeline: what each stage does, and the run of a plan (core/stages.py) over one sample."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np

from authsvc.biometrics.description import PROBE, REFERENCE, describe_burst
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages import comparison, decision, features, iad, quality
from authsvc.biometrics.stages.decode import decode
from authsvc.biometrics.stages.pad import assessment
from authsvc.biometrics.templates import encode_template
from authsvc.biometrics.tracking import follow_face
from authsvc.biometrics.types import (
    BadSample,
    Burst,
    CaptureContext,
    DecisionResult,
    Descriptors,
    FaceTrack,
    FeatureResult,
    Image,
    Manifest,
    PadResult,
    PoorSample,
    QualityResult,
    Reason,
    SignedPart,
    StageError,
    Template,
    Thresholds,
)
from authsvc.core.stages import Plan, Stage

OpenReference = Callable[[Manifest], Template]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome:
    """A decision with the signed parts that it rests on, and how long each stage took in milliseconds.

    `template` is the serialised reference of an accepted enrolment, `quality` that of an accepted sample.
    """

    decision: DecisionResult
    parts: tuple[SignedPart, ...]
    timings: Mapping[str, float]
    manifest: Manifest | None = field(default=None, repr=False)
    template: bytes | None = field(default=None, repr=False)
    quality: float = 0.0
    detail: str = ""


def no_reference(_: Manifest) -> Template:
    """Stand for the opening of a reference where a plan has none; raises StageError."""
    raise StageError(Reason.REFERENCE, detail="no reference is opened here")


def run(
    plan: Plan,
    sample: bytes,
    *,
    context: CaptureContext,
    thresholds: Thresholds,
    engine: Engine,
    part_key: bytes,
    open_reference: OpenReference = no_reference,
) -> Outcome:
    """Run a plan's stages over the plain text of a sample, one after another, and decide.

    `open_reference` opens the person's reference with the device's share of the manifest. `part_key`, 32
    bytes for this run alone, signs what the stages found. A StageError ends the run, and refuses with its
    reason.
    """
    going = _Run(plan, sample, context, thresholds, engine, part_key, open_reference)
    try:
        for stage in plan:
            going.through(stage)
    except StageError as problem:
        return going.stopped(problem)
    return going.decided()


@dataclass(eq=False, repr=False)
class _Run:
    """One pass over one sample, and what its stages have found: signed where the decision rests on it."""

    plan: Plan
    sample: bytes
    context: CaptureContext
    thresholds: Thresholds
    engine: Engine
    part_key: bytes
    open_reference: OpenReference

    burst: Burst = field(init=False)
    track: FaceTrack = field(init=False)
    judged: QualityResult = field(init=False)
    described: Descriptors = field(init=False)
    best: Descriptors = field(init=False)
    alive: PadResult = field(init=False)
    made: FeatureResult = field(init=False)
    reference: Template = field(init=False)
    template: bytes | None = field(init=False, default=None)

    found: list[tuple[str, dict[str, Any]]] = field(init=False, default_factory=list)
    parts: list[SignedPart] = field(init=False, default_factory=list)
    timings: dict[str, float] = field(init=False, default_factory=dict)
    details: list[str] = field(init=False, default_factory=list)

    @property
    def binding(self) -> Mapping[str, Any]:
        """What every signed part is bound to."""
        return {
            "transaction": self.context.transaction_id,
            "capture": self.context.number,
            "engine": self.engine.engine_id,
            "policy": self.thresholds.policy_version,
        }

    def through(self, stage: Stage) -> None:
        """Run one stage, and sign what it found, also where it ended the run.

        The time noted is that of the stage's own work.
        """
        try:
            self.timed(stage, partial(STAGES[stage], self))
        finally:
            self._sign()

    def timed(self, name: str, work: Callable[[], Result]) -> Result:
        """Return what the work does, and note how long it took."""
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.timings[str(name)] = (time.perf_counter() - started) * 1000

    def note(
        self,
        name: str,
        passed: bool = True,
        reason: Reason | None = None,
        hint: str | None = None,
        *,
        detail: str = "",
    ) -> None:
        """Keep what a stage found, to be signed; reason, hint and detail count where it did not pass."""
        outcome: dict[str, Any] = {"passed": passed}
        if not passed:
            outcome |= {"reason": str(reason), "hint": hint}
            self.details.append(f"{name}: {detail}" if detail else name)
        self.found.append((name, outcome))

    def _sign(self) -> None:
        for name, outcome in self.found:
            self.parts.append(decision.sign_part(name, outcome, binding=self.binding, key=self.part_key))
        self.found.clear()

    def stopped(self, problem: StageError) -> Outcome:
        """Return the outcome of a run that a stage ended.

        What was found before it counts first, in the order of the stages: a face swapped for nothing must not
        turn an attack into a second try.
        """
        again = isinstance(problem, PoorSample)
        result = DecisionResult(
            "again" if again else "refused", problem.reason, problem.hint if again else None
        )
        found = self._decide([part.stage for part in self.parts])
        return self._outcome(result if found.outcome == "accepted" else found, detail=problem.detail)

    def decided(self) -> Outcome:
        """Return the outcome of a run that came to its end."""
        result = self.timed("decision", lambda: self._decide(decision.parts_of(self.plan)))
        if result.outcome != "accepted":
            return self._outcome(result)
        return self._outcome(
            result, manifest=self.burst.manifest, template=self.template, quality=self.judged.score
        )

    def _decide(self, expected: Sequence[str]) -> DecisionResult:
        return decision.decide(self.parts, binding=self.binding, key=self.part_key, expected=expected)

    def _outcome(self, result: DecisionResult, detail: str = "", **more: Any) -> Outcome:
        details = "; ".join(filter(None, [*self.details, detail]))
        return Outcome(result, tuple(self.parts), dict(self.timings), detail=details, **more)


def _decode(run: _Run) -> None:
    context = run.context
    run.burst = decode(
        run.sample,
        transaction_id=context.transaction_id,
        challenge=context.challenge,
        session_key=context.session_key,
    )
    if run.burst.simulated and not run.thresholds.allow_simulated:
        raise BadSample(Reason.SIMULATED)
    run.note(Stage.DECODE)


def _tracking(run: _Run) -> None:
    try:
        run.track = follow_face(run.burst, run.engine)
    except PoorSample as problem:
        if problem.reason is Reason.NO_FACE:
            raise PoorSample(problem.reason, _hint_unseen(run), detail=problem.detail) from None
        raise


def _hint_unseen(run: _Run, track: FaceTrack | None = None) -> str:
    """Return what helps where no face is seen: by the light, by its way up, by what the likeliest face lacks.

    What hides a face from the detector is often what would have been said of it had it been found: a mask.
    """
    frame = run.burst.frames[0].rgb
    hint = quality.hint_unseen(frame) or _hint_turned(run)
    return hint or _shown_by_a_movement(run, track) or _likeliest(run, frame) or "centre"


def _shown_by_a_movement(run: _Run, track: FaceTrack | None) -> str | None:
    """Return what the first face of a burst lacks that was not seen at rest, but for how it was held."""
    for frame, face in zip(run.burst.frames, track.faces if track else (), strict=False):
        if face is not None:
            found = quality.components(frame.rgb, face.landmarks.astype(np.float64), 1)
            held = {name: value for name, value in found.items() if not name.startswith("HeadPose")}
            return quality.hint_for(held)
    return None


def _likeliest(run: _Run, frame: Image) -> str | None:
    boxes = run.engine.scan(frame, smallest=0.25 * min(frame.shape[:2]))
    if not boxes:
        return None
    landmarks = run.engine.landmarks(frame, boxes[0])
    return quality.hint_for(quality.components(frame, landmarks.astype(np.float64), 1))


def _hint_turned(run: _Run) -> str | None:
    """Return the hint where the picture shows a face more surely once it is turned, None otherwise."""
    return "upright" if run.engine.way_up(run.burst.frames[0].rgb) else None


def _quality(run: _Run) -> None:
    run.judged = quality.assess(run.burst, run.track, minimum=run.thresholds.quality)
    if run.judged.acceptable:
        run.note(Stage.QUALITY)
        return
    hint = (_hint_turned(run) or run.judged.hint) if run.judged.components else _hint_unseen(run, run.track)
    run.note(Stage.QUALITY, False, Reason.QUALITY, hint)
    # Nothing more is computed of what nobody can judge.
    raise PoorSample(Reason.QUALITY, hint, detail=run.judged.worst or "")


def _description(run: _Run) -> None:
    best = REFERENCE if Stage.TEMPLATE in run.plan else PROBE
    run.described, run.best = describe_burst(run.burst, run.track, run.judged, run.engine, best=best)


_PAD_REASONS: Final = {
    "attack": Reason.PAD_ATTACK,
    "non-response": Reason.NON_RESPONSE,
    "inconclusive": Reason.PAD_INCONCLUSIVE,
}


def _pad(run: _Run) -> None:
    run.alive = assessment.assess(run.burst, run.track, run.described)
    if run.alive.verdict == "bona-fide":
        run.note(Stage.PAD)
        return
    reason, hint = _PAD_REASONS.get(run.alive.verdict, Reason.PAD_INCONCLUSIVE), run.alive.hint
    if turned := _hint_turned(run):
        # Upside down a face is followed too, in movements that are the wrong way round.
        reason, hint = Reason.PAD_UNCLEAR, turned
    elif reason is not Reason.NON_RESPONSE and run.judged.doubt is not None:
        # Asked again, never accepted; docs/adr/0332 says what keeps an attacker from gaining tries by it.
        reason, hint = Reason.PAD_UNCLEAR, run.judged.doubt
    elif reason is Reason.NON_RESPONSE and hint == assessment.TOO_BRIGHT:
        # The cues were followed: it is the room that did not let the screen's light be seen.
        reason = Reason.PAD_UNCLEAR
    run.note(Stage.PAD, False, reason, hint, detail=run.alive.reason)


def _iad(run: _Run) -> None:
    sandbox = run.thresholds.allow_simulated
    found = iad.assess(run.burst, answer_lag_ms=run.alive.answer_lag_ms, sandbox=sandbox)
    reason = Reason.IAD_INJECTION if found.verdict == "injection" else Reason.IAD_INCONCLUSIVE
    run.note(Stage.IAD, found.verdict == "genuine", reason, detail=" ".join(sorted(found.findings)))


def _features(run: _Run) -> None:
    run.made = features.assess(run.best, run.judged)
    run.note(Stage.FEATURES)


def _agreement(run: _Run) -> None:
    scores = run.made.vectors @ run.made.fused
    if not bool((scores >= run.thresholds.comparison).all()):
        raise StageError(Reason.INCONSISTENT_ENROLMENT)


def _template(run: _Run) -> None:
    run.template = encode_template(run.made, engine=run.engine.engine_id)


def _vault(run: _Run) -> None:
    run.reference = run.open_reference(run.burst.manifest)


def _comparison(run: _Run) -> None:
    compared = comparison.assess(
        run.made, run.reference, engine_id=run.engine.engine_id, threshold=run.thresholds.comparison
    )
    run.note(Stage.COMPARISON, compared.matched, Reason.NON_MATCH)


STAGES: Final[Mapping[Stage, Callable[[_Run], None]]] = {
    Stage.DECODE: _decode,
    Stage.TRACKING: _tracking,
    Stage.QUALITY: _quality,
    Stage.DESCRIPTION: _description,
    Stage.PAD: _pad,
    Stage.IAD: _iad,
    Stage.FEATURES: _features,
    Stage.AGREEMENT: _agreement,
    Stage.TEMPLATE: _template,
    Stage.VAULT: _vault,
    Stage.COMPARISON: _comparison,
}
"""What each stage does: it takes what earlier ones left in the run, leaves its own, and raises StageError."""
