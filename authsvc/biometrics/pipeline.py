"""The one visible order of the stages, for a verification and for an enrolment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from authsvc.biometrics.description import PROBE, REFERENCE, Best, describe_burst
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages import comparison, decision, features, iad, pad, quality
from authsvc.biometrics.stages.decode import decode
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
    IadResult,
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

VERIFY: Final = decision.STAGES
ENROL: Final = ("decode", "quality", "pad", "iad", "features")

OpenReference = Callable[[Manifest], Template]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome:
    """A decision with the signed parts that it rests on, and how long each stage took in milliseconds.

    `template` is the serialised reference of an accepted enrolment.
    """

    decision: DecisionResult
    parts: tuple[SignedPart, ...]
    timings: Mapping[str, float]
    manifest: Manifest | None = field(default=None, repr=False)
    template: bytes | None = field(default=None, repr=False)
    quality: float = 0.0
    detail: str = ""


def verify(
    sample: bytes,
    *,
    context: CaptureContext,
    thresholds: Thresholds,
    open_reference: OpenReference,
    engine: Engine,
    part_key: bytes,
) -> Outcome:
    """Run every stage over the plain text of a sample and decide.

    `open_reference` opens the person's reference with the device's share of the manifest; it may raise
    StageError. Nothing raises here: what goes wrong in a stage refuses with that stage's reason.
    """
    run = _Run(context, thresholds, engine, part_key)
    try:
        burst, best, judged = _look(run, sample, best=PROBE)
        probe = run.stage("features", lambda: features.assess(best, judged))
        reference = run.timed("vault", lambda: open_reference(burst.manifest))
        compared = run.timed(
            "comparison",
            lambda: comparison.assess(
                probe, reference, engine_id=engine.engine_id, threshold=thresholds.comparison
            ),
        )
        run.sign("comparison", compared.matched, Reason.NON_MATCH)
    except StageError as problem:
        return run.stopped(problem)
    return run.decided(VERIFY, manifest=burst.manifest)


def enrol(
    sample: bytes, *, context: CaptureContext, thresholds: Thresholds, engine: Engine, part_key: bytes
) -> Outcome:
    """Run the stages of an enrolment; an accepted outcome carries the template.

    The best neutral frames make the reference, and must agree among themselves; the others prove liveness.
    """
    run = _Run(context, thresholds, engine, part_key)
    try:
        burst, best, judged = _look(run, sample, best=REFERENCE)
        made = run.stage("features", lambda: _consistent(features.assess(best, judged), thresholds))
    except StageError as problem:
        return run.stopped(problem)
    template = encode_template(made, engine=engine.engine_id)
    return run.decided(ENROL, manifest=burst.manifest, template=template, quality=judged.score)


def _look(run: _Run, sample: bytes, *, best: Best) -> tuple[Burst, Descriptors, QualityResult]:
    """Run the stages that both journeys share: what the sample is, whose face, and whether it is alive."""
    engine = run.engine
    burst = run.stage("decode", lambda: _decoded(sample, run))
    track = run.timed("tracking", lambda: follow_face(burst, engine))
    judged = run.timed("quality", lambda: quality.assess(burst, track, minimum=run.thresholds.quality))
    run.sign("quality", judged.acceptable, Reason.QUALITY, judged.hint)
    if not judged.acceptable:
        raise PoorSample(Reason.QUALITY, judged.hint, detail=judged.worst or "")
    described, chosen = run.timed(
        "description", lambda: describe_burst(burst, track, judged, engine, best=best)
    )
    alive = _pad(run, burst, track, described)
    _iad(run, burst, alive)
    return burst, chosen, judged


def _decoded(sample: bytes, run: _Run) -> Burst:
    context = run.context
    burst = decode(
        sample,
        transaction_id=context.transaction_id,
        challenge=context.challenge,
        session_key=context.session_key,
    )
    if burst.simulated and not run.thresholds.allow_simulated:
        raise BadSample(Reason.SIMULATED)
    return burst


_PAD_REASONS: Final = {
    "attack": Reason.PAD_ATTACK,
    "non-response": Reason.NON_RESPONSE,
    "inconclusive": Reason.PAD_INCONCLUSIVE,
}


def _pad(run: _Run, burst: Burst, track: FaceTrack, described: Descriptors) -> PadResult:
    result = run.timed("pad", lambda: pad.assess(burst, track, described))
    reason = _PAD_REASONS.get(result.verdict, Reason.PAD_INCONCLUSIVE)
    run.sign("pad", result.verdict == "bona-fide", reason, "follow", detail=result.reason)
    return result


def _iad(run: _Run, burst: Burst, alive: PadResult) -> IadResult:
    sandbox = run.thresholds.allow_simulated
    result = run.timed("iad", lambda: iad.assess(burst, answer_lag_ms=alive.answer_lag_ms, sandbox=sandbox))
    reason = Reason.IAD_INJECTION if result.verdict == "injection" else Reason.IAD_INCONCLUSIVE
    run.sign("iad", result.verdict == "genuine", reason, detail=" ".join(sorted(result.findings)))
    return result


def _consistent(made: FeatureResult, thresholds: Thresholds) -> FeatureResult:
    """Return the features unchanged; raises StageError where the frames show more than one person."""
    scores = made.vectors @ made.fused
    if not bool((scores >= thresholds.comparison).all()):
        raise StageError(Reason.INCONSISTENT_ENROLMENT)
    return made


class _Run:
    """One pass over one sample: times the stages and signs their results."""

    def __init__(self, context: CaptureContext, thresholds: Thresholds, engine: Engine, key: bytes) -> None:
        self.context, self.thresholds, self.engine = context, thresholds, engine
        self._key = key
        self._binding = {
            "transaction": context.transaction_id,
            "capture": context.number,
            "engine": engine.engine_id,
            "policy": thresholds.policy_version,
        }
        self._parts: list[SignedPart] = []
        self._timings: dict[str, float] = {}
        self._details: list[str] = []

    def timed(self, name: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self._timings[name] = (time.perf_counter() - started) * 1000

    def stage(self, name: str, work: Callable[[], Result]) -> Result:
        """Run a stage that passes by not raising."""
        result = self.timed(name, work)
        self.sign(name, True)
        return result

    def sign(
        self,
        name: str,
        passed: bool,
        reason: Reason | None = None,
        hint: str | None = None,
        *,
        detail: str = "",
    ) -> None:
        outcome: dict[str, Any] = {"passed": passed}
        if not passed:
            outcome |= {"reason": str(reason), "hint": hint}
            self._details.append(f"{name}: {detail}" if detail else name)
        self._parts.append(decision.sign_part(name, outcome, binding=self._binding, key=self._key))

    def stopped(self, problem: StageError) -> Outcome:
        """Return the outcome of a run that a stage ended."""
        again = isinstance(problem, PoorSample)
        result = DecisionResult(
            "again" if again else "refused", problem.reason, problem.hint if again else None
        )
        # What was found before it counts first, in the order of the stages: a face swapped for nothing
        # must not turn an attack into a second try.
        judged = self._first_failure()
        return self._outcome(judged or result, detail=problem.detail)

    def _first_failure(self) -> DecisionResult | None:
        done = [part.stage for part in self._parts]
        found = decision.decide(self._parts, binding=self._binding, key=self._key, expected=done)
        return None if found.outcome == "accepted" else found

    def decided(self, expected: tuple[str, ...], **more: Any) -> Outcome:
        """Return the outcome of a run that came to its end."""
        result = self.timed(
            "decision",
            lambda: decision.decide(self._parts, binding=self._binding, key=self._key, expected=expected),
        )
        if result.outcome != "accepted":
            more.pop("template", None)
        return self._outcome(result, **more)

    def _outcome(self, result: DecisionResult, detail: str = "", **more: Any) -> Outcome:
        details = "; ".join(filter(None, [*self._details, detail]))
        return Outcome(result, tuple(self._parts), dict(self._timings), detail=details, **more)
