"""Genuine bursts for PAD evaluation, from whatever renders a person who answers a challenge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2
import numpy as np

from authsvc.biometrics.types import Image
from devtools.laboratory.attacks.recording import Make, Material, Plan, Recording


class PhoneFrame(Protocol):
    """What a software phone gives for one frame: milliseconds since the first cue, and a JPEG file."""

    @property
    def t(self) -> float: ...

    @property
    def jpeg(self) -> bytes: ...


RenderBurst = Callable[
    [Sequence[Image], dict[str, Any], np.random.Generator], tuple[Sequence[PhoneFrame], dict[str, Any]]
]
"""(BGR photographs of one person, challenge as in docs/protocol.md, generator) to frames and camera."""


def genuine(render_burst: RenderBurst) -> Make:
    """Returns a maker that has `render_burst` answer the challenge from one photograph."""

    def make(material: Material) -> Recording:
        photo = np.ascontiguousarray(material.photo[..., ::-1])
        frames, _ = render_burst([photo], as_challenge(material.plan), material.rng)
        images = tuple(_decoded(frame.jpeg) for frame in frames)
        return Recording(images, np.array([frame.t for frame in frames]), material.plan)

    return make


def as_challenge(plan: Plan) -> dict[str, Any]:
    """Returns the plan as the challenge of docs/protocol.md, section 3, that a phone reads."""
    steps: list[dict[str, Any]] = []
    for cue in plan:
        step: dict[str, Any] = {"cue": cue.cue, "ms": round(cue.end - cue.start)}
        if cue.degrees:
            step["degrees"] = cue.degrees
        if cue.colour is not None:
            step["colour"] = "#" + "".join(f"{round(255 * part):02x}" for part in cue.colour)
        steps.append(step)
    return {"steps": steps, "frames": {"min": 10, "max": 40, "fps": 4, "width": 640, "height": 480}}


def _decoded(jpeg: bytes) -> Image:
    read = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if read is None:
        raise ValueError("a rendered frame is no JPEG")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)
