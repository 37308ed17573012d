"""The PAD verdict of a burst: bona fide, attack, non-response or inconclusive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from authsvc.biometrics.types import Burst, Descriptors, FaceTrack, PadResult, Reason, StageError

from .following import Following
from .fusion import FUSION_VERSION, Fused, fuse
from .observation import DISTANCES, TURNS, Observation, observe
from .signals import measure

Verdict = Literal["bona-fide", "attack", "non-response", "inconclusive"]

LEAST_FRAMES: Final = 8
LEAST_MOVEMENT: Final = 0.45
"""Below this share of the asked movement nobody has tried to answer: a non-response, not an attack."""

UNLIT: Final = ("light-unseen",)
TOO_BRIGHT: Final = "darker"
"""The hint where the screen's light was not seen: the person followed, and the room did not let it show."""

LEAST_AGREEMENT: Final = 0.85
LEAST_REACHED: Final = 0.5

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(TURNS, ("following", "relief", "rigidity", "identity", "steadiness")),
    **dict.fromkeys(DISTANCES, ("following", "identity", "steadiness")),
    "blink": ("blink",),
    "smile": ("smile",),
}
"""Cue to the signals without which the burst says nothing about it."""

LIT: Final = ("light", "order", "sides", "weakest", "background")
"""The signals of a face that answers the screen's light. Where they are missing and nothing objects, the room
may be too bright: the person is asked again, and does not pass.
"""


def assess(burst: Burst, track: FaceTrack, described: Descriptors) -> PadResult:
    """Returns the PAD verdict on a burst whose face was followed, with features of some of its frames.

    Only "bona-fide" lets an authentication go on. Too few frames that show the face, or a needed signal
    without a score, are inconclusive; hardly any movement is a non-response. The reason is codes for the
    auditor, parted by spaces. Raises StageError where landmarks or features are not finite.
    """
    if len(track.seen) < LEAST_FRAMES:
        return PadResult("inconclusive", {}, 0.0, "too-few-frames", FUSION_VERSION)
    try:
        return judge(observe(burst, track, described))
    except ValueError as problem:
        raise StageError(Reason.PAD_INCONCLUSIVE, detail=str(problem)) from problem


def judge(observed: Observation) -> PadResult:
    """Returns the PAD verdict on an observation; raises ValueError where its landmarks are no face."""
    return judged(observed, *measure(observed))


def judged(observed: Observation, answer: Following | None, scores: Mapping[str, float]) -> PadResult:
    """Returns the PAD verdict on an observation whose signals are measured."""
    fused = fuse(scores)
    verdict, reasons = _verdict(observed, answer, scores, fused)
    lag = None if answer is None else answer.lag
    hint = TOO_BRIGHT if reasons == UNLIT else "follow"
    return PadResult(verdict, fused.ratios, fused.total, " ".join(reasons), FUSION_VERSION, lag, hint)


def _verdict(
    observed: Observation, answer: Following | None, scores: Mapping[str, float], fused: Fused
) -> tuple[Verdict, tuple[str, ...]]:
    if answer is not None and answer.movement < LEAST_MOVEMENT:
        return "non-response", ("did-not-move",)
    if missing := _missing(observed, scores):
        return "inconclusive", missing
    if objections := (*_disobedience(answer), *fused.vetoes):
        return "attack", objections
    if observed.lit and not scores.keys() >= set(LIT):
        return "non-response", UNLIT
    return ("bona-fide", ()) if fused.bona_fide else ("attack", ("evidence",))


def _missing(observed: Observation, scores: Mapping[str, float]) -> tuple[str, ...]:
    needed = {name for step in observed.plan for name in NEEDED.get(step.cue, ())}
    return tuple(sorted(f"no-{name}" for name in needed - scores.keys()))


def _disobedience(answer: Following | None) -> tuple[str, ...]:
    if answer is None:
        return ()
    wrong = ("wrong-movement",) if answer.agreement < LEAST_AGREEMENT else ()
    return (*wrong, "cue-missed") if answer.weakest < LEAST_REACHED else wrong
