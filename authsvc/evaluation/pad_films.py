"""Films of people and of attacks, made at leisure, and cut so that they answer a challenge.

Whoever was told "left" and "nearer" at known times has answered any challenge of those movements: each step
takes the film from where its instruction was given. What lies between two pieces is a jump, which a film has
and a burst has not, so a film can look worse than its subject is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.challenges import FRAMES, Part, draw_challenge
from authsvc.biometrics.stages.pad.observation import planned
from authsvc.biometrics.types import Challenge, Image, Step

from .pad_recordings import Recording, below

_START, _END = b"\xff\xd8\xff", b"\xff\xd9"
_DRAWS: Final = 500
"""Challenges that are drawn until one asks for nothing that the film does not show."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the person of a film was told, from `start` to `end` milliseconds of it."""

    cue: str
    start: float
    end: float
    degrees: float | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """n RGB `images`, at `times`, n milliseconds, with what was asked for."""

    images: tuple[Image, ...]
    times: NDArray[np.float64]
    instructions: tuple[Instruction, ...]

    def part(self, step: Step, before: str | None) -> Instruction:
        """Returns where the film answers a step, best after the cue that comes before it in the challenge.

        Raises KeyError where it does not.
        """
        told = zip(self.instructions, (None, *(one.cue for one in self.instructions)), strict=False)
        fitting = [(was == before, one) for one, was in told if one.cue == step.cue]
        fitting = [(after, one) for after, one in fitting if step.colour in (None, one.colour)]
        if not fitting:
            raise KeyError(step.cue)
        return max(fitting, key=lambda pair: pair[0])[1]


def read_film(folder: Path, entry: Mapping[str, Any]) -> Film:
    """Returns the film of a manifest's entry: `film`, a folder of pictures in the order of their names or an
    MJPEG file, `fps`, and `instructions` with `t` in milliseconds, the last of which is "end".

    Raises KeyError, TypeError, ValueError and OSError for what is missing or is no film.
    """
    images = tuple(_pictures(below(folder, entry["film"])))
    if not images:
        raise ValueError(f"{entry['film']} has no pictures")
    times = np.arange(len(images), dtype=np.float64) * (1000 / float(entry["fps"]))
    told = entry["instructions"]
    instructions = tuple(
        Instruction(one["cue"], float(one["t"]), float(after["t"]), one.get("degrees"), one.get("colour"))
        for one, after in pairwise(told)
    )
    return Film(images, times, instructions)


def cut(film: Film, rng: Random) -> Recording:
    """Returns the film as the answer to a challenge that is drawn from what it shows.

    A step lasts no longer than its instruction did, and asks for as many degrees. Frames are taken as often
    as the capture page takes them. Raises ValueError where no challenge asks for what the film shows.
    """
    lit = any(one.colour for one in film.instructions)
    mix: tuple[Part, ...] = ("turn", "light") if lit else ("turn",)
    for _ in range(_DRAWS):
        try:
            return _answer(film, draw_challenge(mix=mix, rng=rng))
        except KeyError:
            continue
    raise ValueError("no challenge can be cut from the film's instructions")


def _answer(film: Film, challenge: Challenge) -> Recording:
    steps: list[Step] = []
    taken: list[tuple[float, int]] = []
    for step in challenge.steps:
        part = film.part(step, steps[-1].cue if steps else None)
        start = sum(one.ms for one in steps)
        lasting = min(float(step.ms), part.end - part.start)
        frames = np.flatnonzero((film.times >= part.start) & (film.times < part.start + lasting))
        taken += [(start + float(film.times[i]) - part.start, int(i)) for i in frames]
        steps.append(replace(step, ms=round(lasting), degrees=part.degrees or step.degrees))
    kept = _spaced(taken, 1000 / FRAMES["fps"])
    images = tuple(film.images[index] for _, index in kept)
    return Recording(images, np.array([t for t, _ in kept]), planned(replace(challenge, steps=tuple(steps))))


def _spaced(taken: list[tuple[float, int]], gap: float) -> list[tuple[float, int]]:
    kept = taken[:1]
    for t, index in taken[1:]:
        if t - kept[-1][0] >= gap - 1:
            kept.append((t, index))
    return kept


def _pictures(path: Path) -> Iterator[Image]:
    files = (
        [one.read_bytes() for one in sorted(path.iterdir())] if path.is_dir() else _split(path.read_bytes())
    )
    for data in files:
        read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        if read is None:
            raise ValueError(f"{path.name} has something that is no picture")
        yield np.ascontiguousarray(read[..., ::-1], np.uint8)


def _split(stream: bytes) -> list[bytes]:
    """Returns the JPEG files of an MJPEG stream."""
    found, start = [], stream.find(_START)
    while start >= 0:
        after = stream.find(_END + _START, start)
        found.append(stream[start:] if after < 0 else stream[start : after + len(_END)])
        start = -1 if after < 0 else after + len(_END)
    return found
