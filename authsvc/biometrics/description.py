"""Which frames are described by features, in one batch: drawn for continuity, the best for comparison."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.types import Burst, Challenge, Descriptors, FaceTrack, FewFrames, QualityResult

LOOKED_AT: Final = 5
"""Frames that are looked at for how alive the face is, each by itself."""

CONTINUITY: Final = 6
"""Fewest frames of the burst in which one person must be seen from first to last, where there are so many."""


class Draw(Protocol):
    """A source of chance, such as secrets.SystemRandom()."""

    def sample(self, seq: Sequence[int], k: int, /) -> list[int]:
        """Return k different members of the sequence."""


@dataclass(frozen=True, slots=True)
class Best:
    """How many of the best frames stand for the person, and how many of them with their mirror image."""

    frames: int
    mirrored: int


PROBE: Final = Best(frames=3, mirrored=1)
REFERENCE: Final = Best(frames=6, mirrored=6)
"""The mirror image is worth most in what all later probes meet (docs/adr/0010)."""


def describe_burst(
    burst: Burst,
    track: FaceTrack,
    quality: QualityResult,
    engine: Engine,
    *,
    best: Best,
    rng: Draw | None = None,
) -> tuple[Descriptors, Descriptors]:
    """Return the features of frames spread over the burst, the best ones among them, and of its `best` alone.

    The very best ones are averaged with their mirror image. Beside them one frame under each cue is drawn by
    `rng`, the operating system's chance without one: who made the burst cannot have known which. Raises
    FewFrames where no neutral frame shows a face.
    """
    chosen = best_frames(burst, track, quality, count=best.frames)
    twice = sorted(chosen, key=lambda index: -(quality.frames[index] or 0.0))[: best.mirrored]
    spread = _spread(burst, track.seen, chosen, rng or secrets.SystemRandom())
    faces = [face for index in spread if (face := track.faces[index]) is not None]
    vectors = engine.features(
        [burst.frames[index].rgb for index in spread],
        [face.landmarks for face in faces],
        mirrored=[index in twice for index in spread],
    )
    living = _living(burst, track, engine, rng or secrets.SystemRandom())
    rows = [spread.index(index) for index in chosen]
    return (
        Descriptors(vectors, tuple(spread), engine.apart, living),
        Descriptors(vectors[rows], tuple(chosen), engine.apart),
    )


def _living(burst: Burst, track: FaceTrack, engine: Engine, rng: Draw) -> float | None:
    """Return how alive the face looks, the median over drawn frames; None where the engine does not tell."""
    if engine.living is None:
        return None
    drawn = rng.sample(track.seen, min(LOOKED_AT, len(track.seen)))
    faces = [(burst.frames[index].rgb, face) for index in drawn if (face := track.faces[index]) is not None]
    return float(np.median([engine.living(image, face.box) for image, face in faces]))


def _spread(burst: Burst, seen: Sequence[int], chosen: Sequence[int], rng: Draw) -> list[int]:
    """Return the chosen frames, one drawn under each cue, and more drawn ones up to CONTINUITY."""
    drawn = {*chosen, *(one for frames in _by_cue(burst, seen) for one in rng.sample(frames, 1))}
    left = [index for index in seen if index not in drawn]
    more = rng.sample(left, min(max(CONTINUITY - len(drawn), 0), len(left)))
    return sorted({*drawn, *more})


def _by_cue(burst: Burst, seen: Iterable[int]) -> list[list[int]]:
    """Return the frames under each cue but the rest: one cue where it goes on under another colour."""
    found: dict[int, list[int]] = {}
    for index in seen:
        frame = burst.frames[index]
        if burst.cue(frame) != "centre":
            found.setdefault(_begin(burst.challenge, frame.step), []).append(index)
    return list(found.values())


def _begin(challenge: Challenge, step: int) -> int:
    """Return the step in which the cue of this one was first shown."""
    while step and challenge.steps[step - 1].cue == challenge.steps[step].cue:
        step -= 1
    return step


def best_frames(burst: Burst, track: FaceTrack, quality: QualityResult, *, count: int) -> list[int]:
    """Return the indices of the best neutral frames, of two neighbours one where enough are there."""
    neutral = [index for index in track.seen if burst.cue(burst.frames[index]) == "centre"]
    if not neutral:
        raise FewFrames
    ranked = sorted(neutral, key=lambda index: -(quality.frames[index] or 0.0))
    apart: list[int] = []
    for index in ranked:
        if all(abs(index - other) > 1 for other in apart):
            apart.append(index)
    rest = [index for index in ranked if index not in apart]
    return sorted((apart + rest)[:count])
