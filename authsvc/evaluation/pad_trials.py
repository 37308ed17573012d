"""PAD trials: one recorded burst, followed by the engine and judged, as the worker would."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from authsvc.biometrics.description import PROBE, describe_burst
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages import quality
from authsvc.biometrics.stages.pad.assessment import LEAST_FRAMES, judged
from authsvc.biometrics.stages.pad.observation import Observation, PlannedCue, observe
from authsvc.biometrics.stages.pad.signals import measure
from authsvc.biometrics.tracking import follow_face
from authsvc.biometrics.types import (
    Burst,
    Challenge,
    Frame,
    Manifest,
    Reason,
    StageError,
    Step,
)

from .pad_recordings import Recording
from .service import SERVICE


@dataclass(frozen=True, slots=True)
class Trial:
    """One try: species (or "bona-fide"), verdict, raw scores, and the seconds that PAD alone took."""

    species: str
    subject: str
    verdict: str
    reason: str
    llr: float
    seconds: float
    scores: Mapping[str, float] = field(repr=False)
    obedience: tuple[float, float, float] | None = None

    @property
    def accepted(self) -> bool:
        """Whether the try passes for a living person."""
        return self.verdict == "bona-fide"

    @property
    def responded(self) -> bool:
        """Whether PAD came to a classification at all (ISO/IEC 30107-3, non-response)."""
        return self.verdict in ("bona-fide", "attack")


def judge_recording(species: str, subject: str, recording: Recording, engine: Engine) -> Trial:
    """Returns the trial of one recording, followed, described and judged by the worker's own stages."""
    try:
        observed = follow(recording, engine)
    except StageError as problem:
        return Trial(species, subject, "inconclusive", str(problem.reason), 0.0, 0.0, {})
    started = time.perf_counter()
    answer, scores = measure(observed)
    result = judged(observed, answer, scores)
    seconds = time.perf_counter() - started
    obedience = None if answer is None else (answer.movement, answer.agreement, answer.weakest)
    return Trial(species, subject, result.verdict, result.reason, result.llr, seconds, scores, obedience)


def follow(recording: Recording, engine: Engine) -> Observation:
    """Returns what PAD reads of a recording; raises StageError where the stages before it refuse."""
    burst = as_burst(recording)
    track = follow_face(burst, engine)
    if len(track.seen) < LEAST_FRAMES:
        raise StageError(Reason.FEW_FRAMES)
    judged = quality.assess(burst, track, minimum=SERVICE.minimum_quality)
    if not judged.acceptable:
        raise StageError(Reason.QUALITY, detail=judged.worst or "")
    described, _ = describe_burst(burst, track, judged, engine, best=PROBE)
    return observe(burst, track, described)


def as_burst(recording: Recording) -> Burst:
    """Returns the recording as decode would give it."""
    steps = tuple(_step(cue) for cue in recording.plan)
    starts = np.array([cue.start for cue in recording.plan])
    at = np.maximum(np.searchsorted(starts, recording.times, side="right") - 1, 0)
    frames = tuple(
        Frame(index, int(step), float(time_ms), float(time_ms) / 1000, b"", image)
        for index, (step, time_ms, image) in enumerate(
            zip(at, recording.times, recording.images, strict=True)
        )
    )
    camera = dict(zip(("width", "height"), recording.stream or (), strict=False))
    manifest = Manifest("", "", "", None, None, None, None, None, camera, None, (), b"", b"")
    return Burst("", Challenge("", steps), frames, manifest)


def _step(cue: PlannedCue) -> Step:
    colour = None if cue.colour is None else "#" + "".join(f"{round(255 * part):02x}" for part in cue.colour)
    return Step(cue.cue, round(cue.end - cue.start), cue.degrees or None, colour)
