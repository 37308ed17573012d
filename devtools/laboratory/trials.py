"""Tries of one species, made over the subjects in turn and judged as the worker would."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from authsvc.biometrics.challenges import Part, draw_challenge
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages.pad.observation import planned
from authsvc.evaluation.pad_recordings import Plan, Recording
from authsvc.evaluation.pad_trials import Trial, judge_recording
from devtools.rendering.frame import framed

from .attacks.recording import Make, Material
from .subjects import Subject


def run_trials(
    species: str,
    make: Make,
    subjects: Sequence[Subject],
    mix: tuple[Part, ...],
    numbers: Iterable[int],
    engine: Engine,
    seed: int,
) -> Iterator[Trial]:
    """Yields one species' trials of these numbers, over the subjects in turn, each with its own challenge."""
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        target = subjects[number % len(subjects)]
        attacker = subjects[(number + 1 + int(rng.integers(len(subjects) - 1))) % len(subjects)]
        material = Material(
            target.photo, target.placed(rng), attacker.placed(rng), _plan(mix), _plan(mix), rng
        )
        yield judge_recording(species, target.name, _sent(make(material)), engine)


def _sent(film: Recording) -> Recording:
    """Return what the capture page sends of a camera's pictures."""
    height, width = film.images[0].shape[:2]
    return replace(film, images=tuple(framed(image) for image in film.images), stream=(width, height))


def _plan(mix: tuple[Part, ...]) -> Plan:
    return planned(draw_challenge(mix=mix, rng=secrets.SystemRandom()))
