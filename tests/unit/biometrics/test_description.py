"""Which frames are described: nobody who makes a burst can know, and every cue has one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from authsvc.biometrics.description import CONTINUITY, PROBE, describe_burst
from authsvc.biometrics.engines.base import Look
from authsvc.biometrics.stages.pad import assessment
from authsvc.biometrics.types import Array, Burst, Descriptors, FaceTrack, Image, QualityResult, Step
from tests.campaign import Size

from . import synthetic
from .synthetic import TURN

LIT = (*TURN, *(Step("light", 600, colour=c) for c in ("#ffffff", "#101010", "#2060ff", "#ff7020")))
VICTIM, ATTACKER = 200, 20
APART = 0.58
"""Euclidean distance between the unit features of two people who do not look alike."""


class Eyes:
    """Stands in for an engine that tells two people apart, by how bright their picture is."""

    apart = 0.32
    living: Look | None = None

    def __init__(self, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self._rng, (one, other) = rng, np.linalg.qr(rng.normal(0, 1, (128, 2)))[0].T
        angle = 2 * np.arcsin(APART / 2)
        self._people = {VICTIM: one, ATTACKER: np.cos(angle) * one + np.sin(angle) * other}

    def features(self, images: list[Image], landmarks: list[Array], *, mirrored: list[bool]) -> Array:
        shown = np.array([self._people[int(image[0, 0, 0])] for image in images])
        return (shown + self._rng.normal(0, 0.008, shown.shape)).astype(np.float32)


class Seeded:
    """Chance that can be had again."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def sample(self, seq: Sequence[int], k: int, /) -> list[int]:
        return [seq[i] for i in self._rng.choice(len(seq), k, replace=False)]


def shown(sample: Burst, victim: set[int]) -> Burst:
    """Return the burst with the victim's face in these frames and the attacker's in all others."""
    pictures = {level: np.full((480, 640, 3), level, np.uint8) for level in (VICTIM, ATTACKER)}
    frames = (replace(f, rgb=pictures[VICTIM if f.index in victim else ATTACKER]) for f in sample.frames)
    return replace(sample, frames=tuple(frames))


def described(sample: Burst, track: FaceTrack, seed: int | None = None) -> Descriptors:
    rng = None if seed is None else Seeded(seed)
    alike = QualityResult(90.0, tuple(90.0 for _ in sample.frames), {}, True)
    return describe_burst(sample, track, alike, Eyes(), best=PROBE, rng=rng)[0]  # type: ignore[arg-type]


def at_rest(sample: Burst) -> set[int]:
    return {frame.index for frame in sample.frames if sample.cue(frame) == "centre"}


def formerly_described(sample: Burst) -> set[int]:
    """Return which moving frames were described before any were drawn: those at 1/3 and 2/3."""
    moving = sorted({frame.index for frame in sample.frames} - at_rest(sample))
    return {moving[place] for place in np.linspace(0, len(moving) - 1, 4)[1:-1].astype(int)}


def test_a_movement_under_two_colours_is_one_cue() -> None:
    halves = (TURN[0], *(half for step in TURN[1:4] for half in (replace(step, ms=700),) * 2), TURN[4])
    sample, track, _ = synthetic.burst(asked=halves)
    for seed in range(5):
        frames = [sample.frames[index] for index in described(shown(sample, set()), track, seed).frames]
        assert {(frame.step - 1) // 2 for frame in frames if sample.cue(frame) != "centre"} == {0, 1, 2}
        assert len(frames) == CONTINUITY


@pytest.mark.requirement("S8.1-02")
@pytest.mark.parametrize("steps", [TURN, LIT], ids=["turn", "light"])
def test_a_frame_is_described_under_every_cue(steps: tuple[Step, ...]) -> None:
    sample, track, _ = synthetic.burst(asked=steps)
    frames = [sample.frames[index] for index in described(shown(sample, set()), track).frames]
    assert len(frames) >= CONTINUITY
    moved = {frame.step for frame in frames if sample.cue(frame) in ("left", "right", "up")}
    assert moved == {1, 2, 3}
    assert ("light" in {sample.cue(frame) for frame in frames}) is (steps is LIT)


@pytest.mark.requirement("S8.1-02")
def test_what_is_described_is_drawn_anew_each_time() -> None:
    sample, track, _ = synthetic.burst()
    sample = shown(sample, set())
    assert described(sample, track, seed=3).frames == described(sample, track, seed=3).frames
    drawn = {described(sample, track).frames for _ in range(8)}
    assert len(drawn) > 1


@pytest.mark.requirement("S8.1-02")
def test_whoever_shows_the_victim_in_the_frames_formerly_described_is_found(size: Size) -> None:
    """At rest and where frames were described before, the victim; in all others the attacker."""
    sample, track, _ = synthetic.burst()
    swapped = shown(sample, at_rest(sample) | formerly_described(sample))
    tries = size("tries", sample=30, whole=300)
    vetoes = sum(
        "identity" in assessment.assess(sample, track, described(swapped, track, seed=seed)).reason.split()
        for seed in range(tries)
    )
    assert vetoes >= 0.95 * tries


@pytest.mark.requirement("S8.1-02")
def test_one_movement_by_another_face_is_found() -> None:
    sample, track, _ = synthetic.burst()
    under = {frame.index for frame in sample.frames if frame.step == 2}
    swapped = shown(sample, {frame.index for frame in sample.frames} - under)
    result = assessment.assess(sample, track, described(swapped, track, seed=1))
    assert "identity" in result.reason.split()
