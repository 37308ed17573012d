"""PAD trials: one attack or genuine burst made, followed by the engine and judged, as the worker would."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.challenges import Part, draw_challenge
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages.pad.assessment import LEAST_FRAMES, judge
from authsvc.biometrics.stages.pad.observation import Observation, planned
from authsvc.biometrics.stages.pad.signals import measure
from authsvc.biometrics.types import Box, PadResult

from .attacks.recording import Make, Material, Plan, Recording
from .pad_subjects import Subject

DESCRIBED: Final = 10
"""Frames of a burst whose features are compared for continuity."""


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


def run_trials(
    species: str,
    make: Make,
    subjects: Sequence[Subject],
    mix: tuple[Part, ...],
    tries: int,
    engine: Engine,
    seed: int,
) -> Iterator[Trial]:
    """Yields `tries` trials of one species over the subjects in turn, each with a challenge of its own."""
    for number in range(tries):
        rng = np.random.default_rng([seed, number])
        target = subjects[number % len(subjects)]
        attacker = subjects[(number + 1 + int(rng.integers(len(subjects) - 1))) % len(subjects)]
        material = Material(
            target.photo, target.placed(rng), attacker.placed(rng), _plan(mix), _plan(mix), rng
        )
        yield judge_recording(species, target.name, make(material), engine)


def _plan(mix: tuple[Part, ...]) -> Plan:
    return planned(draw_challenge(mix=mix, rng=secrets.SystemRandom()))


def judge_recording(species: str, subject: str, recording: Recording, engine: Engine) -> Trial:
    """Returns the trial of one recording; frames in which no face is found are left out, as in the worker."""
    observed = follow(recording, engine)
    if observed is None:
        return Trial(species, subject, "inconclusive", "too-few-frames", 0.0, 0.0, {})
    started = time.perf_counter()
    result: PadResult = judge(observed)
    seconds = time.perf_counter() - started
    answer, scores = measure(observed)
    obedience = None if answer is None else (answer.movement, answer.agreement, answer.weakest)
    return Trial(species, subject, result.verdict, result.reason, result.llr, seconds, scores, obedience)


def follow(recording: Recording, engine: Engine) -> Observation | None:
    """Returns what PAD reads of a recording, or None where the face shows in too few frames."""
    shapes: dict[int, NDArray[np.float64]] = {}
    previous: Box | None = None
    for index, image in enumerate(recording.images):
        boxes = engine.detect(image)
        if boxes:
            previous = boxes[0] if previous is None else min(boxes, key=lambda box: _apart(box, previous))
            shapes[index] = engine.landmarks(image, previous).astype(np.float64)
    if len(shapes) < LEAST_FRAMES:
        return None
    seen = list(shapes)
    picked = [seen[i] for i in np.unique(np.linspace(0, len(seen) - 1, DESCRIBED).astype(int))]
    vectors = engine.features(
        [recording.images[i] for i in picked], [shapes[i].astype(np.float32) for i in picked]
    )
    return Observation(
        images=tuple(recording.images[i] for i in seen),
        landmarks=np.stack([shapes[i] for i in seen]),
        times=recording.times[seen],
        plan=recording.plan,
        descriptors=np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float64),
    )


def _apart(box: Box, other: Box | None) -> float:
    return 0.0 if other is None else float(np.abs(np.subtract(box, other)).sum())
