"""A person before the software phone under a condition of authsvc/evaluation/stress.py, as a sample
that a worker can judge.

Of one person the condition is all that differs from one burst to the next: photograph, challenge, reactions
and times are those of the clean one, so that what a row of the table adds is the condition's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec

from authsvc.biometrics.challenges import FRAMES, Part, draw_challenge
from authsvc.biometrics.types import CaptureContext, Challenge
from authsvc.evaluation.stress import Condition, Held, Light, Sitter
from devtools.phone import sealing
from devtools.rendering.camera import QUALITY, Camera, encode
from devtools.rendering.face3d import load_head
from devtools.rendering.frame import Frame, framed
from devtools.rendering.mesh import Head
from devtools.rendering.motion import HeadState, Performance
from devtools.rendering.render import render_scene

from .chance import Chance
from .subjects import Subject

_TRANSACTION: Final = "evaluation"
_STRAIGHT: Final = Held()


@dataclass(frozen=True, eq=False)
class Sample:
    """The plain text of a sample, and what the worker knows of its capture."""

    plain: bytes = field(repr=False)
    context: CaptureContext


@dataclass(eq=False)
class Sitting:
    """One person with one challenge; `other` is somebody else, for the conditions that show two.

    Raises face3d.NoFace where the software phone finds no face in a photograph.
    """

    person: Subject
    other: Subject
    seed: int
    mix: Collection[Part]

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.challenge = draw_challenge(mix=self.mix, rng=Chance(rng))
        self.performance = Performance(_steps(self.challenge), rng)
        self._head, self._other = (_head(one) for one in (self.person, self.other))
        limits = FRAMES["min"], FRAMES["max"]
        self._moments = Camera(rng).moments(
            self.performance.duration, FRAMES["fps"], least=limits[0], most=limits[1]
        )

    def sample(self, condition: Condition, *, again: int = 0) -> Sample:
        """Return what the person sends under a condition; `again` draws its chance, and the noise, anew."""
        name = [*condition.name.encode()]
        rng = np.random.default_rng([self.seed, again, *name])
        side = 1.0 if rng.random() < 0.5 else -1.0
        held = Held(side * condition.held.yaw, side * condition.held.roll)
        camera, frames, coded = Camera(rng), [], condition.jpeg or QUALITY
        for (t, media), light in zip(self._moments, self._lit(condition, held, rng), strict=True):
            shown = light if condition.seen is None else condition.seen(light, rng)
            jpeg = encode(framed(_exposed(camera, shown, t)), quality=coded)
            frames.append(Frame(self.performance.step_at(t), t, media, jpeg))
        return _sealed_off(frames, camera.metadata(), self.challenge)

    def _lit(self, condition: Condition, held: Held, rng: np.random.Generator) -> list[Light]:
        """Return the scenes of a condition; those of a person who wears nothing are rendered once."""
        if condition.worn is not None:
            picture = condition.worn(_sitter(self._head), _sitter(self._other), rng)
            return self._rendered(replace(self._head, canvas=np.ascontiguousarray(picture[..., ::-1])), held)
        if held != _STRAIGHT:
            return self._rendered(self._head, held)
        return self._clean

    @cached_property
    def _clean(self) -> list[Light]:
        return self._rendered(self._head, _STRAIGHT)

    def _rendered(self, head: Head, held: Held) -> list[Light]:
        return [render_scene(head, _turned(self.performance.at(t), held)) for t, _ in self._moments]


def _steps(challenge: Challenge) -> list[dict[str, Any]]:
    return [{name: value for name, value in asdict(step).items() if value} for step in challenge.steps]


def _head(subject: Subject) -> Head:
    return load_head(np.ascontiguousarray(subject.photo[..., ::-1]))


def _sitter(head: Head) -> Sitter:
    return Sitter(np.ascontiguousarray(head.canvas[..., ::-1]), head.vertices[:68].astype(np.float64))


def _turned(state: HeadState, held: Held) -> HeadState:
    return replace(state, yaw=state.yaw + held.yaw, roll=state.roll + held.roll)


def _exposed(camera: Camera, light: Light, t: float) -> np.ndarray:
    """Return the frame of a scene; one that lies on its side is exposed upright, and turned."""
    if light.shape[0] <= light.shape[1]:
        return camera.expose(light, t)
    return np.ascontiguousarray(np.rot90(camera.expose(np.ascontiguousarray(np.rot90(light, -1)), t)))


def _sealed_off(frames: list[Frame], camera: dict[str, Any], challenge: Challenge) -> Sample:
    key: ec.EllipticCurvePrivateKey = sealing.new_session_key()
    binding = sealing.Binding(_TRANSACTION, challenge.nonce, "device")
    content = sealing.manifest(sealing.Capture(frames, camera, None), binding, key)
    context = CaptureContext(_TRANSACTION, 1, challenge, sealing.public_jwk(key))
    return Sample(sealing.container(content, frames), context)
