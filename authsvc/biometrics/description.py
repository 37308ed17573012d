"""Which frames are described by features, in one batch: some for continuity, the best ones for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.types import Burst, Descriptors, FaceTrack, FewFrames, QualityResult

CONTINUITY: Final = 5
"""Fewest frames of the burst in which one person must be seen from first to last."""
MOVING: Final = 2
"""Fewest frames under a movement among them."""


@dataclass(frozen=True, slots=True)
class Best:
    """How many of the best frames stand for the person, and how many of them with their mirror image."""

    frames: int
    mirrored: int


PROBE: Final = Best(frames=3, mirrored=1)
REFERENCE: Final = Best(frames=6, mirrored=6)
"""The mirror image is worth most in what all later probes meet (docs/adr/0010)."""


def describe_burst(
    burst: Burst, track: FaceTrack, quality: QualityResult, engine: Engine, *, best: Best
) -> tuple[Descriptors, Descriptors]:
    """Return the features of frames spread over the burst, the best ones among them, and of its `best` alone.

    The very best ones are averaged with their mirror image. Raises FewFrames where no neutral frame shows a
    face.
    """
    chosen = best_frames(burst, track, quality, count=best.frames)
    twice = sorted(chosen, key=lambda index: -(quality.frames[index] or 0.0))[: best.mirrored]
    spread = _spread(burst, track.seen, chosen)
    faces = [face for index in spread if (face := track.faces[index]) is not None]
    vectors = engine.features(
        [burst.frames[index].rgb for index in spread],
        [face.landmarks for face in faces],
        mirrored=[index in twice for index in spread],
    )
    rows = [spread.index(index) for index in chosen]
    return Descriptors(vectors, tuple(spread)), Descriptors(vectors[rows], tuple(chosen))


def _spread(burst: Burst, seen: Sequence[int], chosen: Sequence[int]) -> list[int]:
    """Return the chosen frames, at rest, and frames spread over the movement between them."""
    moving = [index for index in seen if burst.cue(burst.frames[index]) != "centre"]
    count = max(MOVING, CONTINUITY - len(chosen))
    places = np.linspace(0, len(moving) - 1, count + 2)[1:-1].astype(int)
    return sorted({*chosen, *(moving[place] for place in places if moving)})


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
