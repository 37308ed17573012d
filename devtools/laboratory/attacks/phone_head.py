"""The software phone's head, which is what genuine bursts show."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from authsvc.biometrics.challenges import FRAMES
from authsvc.biometrics.stages.pad.observation import shown
from authsvc.biometrics.types import Challenge, Image
from authsvc.evaluation.pad_recordings import Plan, Recording
from devtools.rendering.mesh import Build
from devtools.rendering.render import render_burst

from .recording import Material

NOSES: Final = (0.8, 1.2)
DEPTHS: Final = (0.85, 1.15)
BREADTHS: Final = (0.9, 1.1)
"""How people's heads differ, against the renderer's table and the photograph: height of the nose, depth of
cheeks and sides, and breadth.
"""


def make(material: Material) -> Recording:
    """Returns what a phone's camera sees of the person of one photograph, who follows the challenge.

    The shape of the head is drawn, so that no signal can know it.
    """
    rng = material.rng
    photo = np.ascontiguousarray(material.photo[..., ::-1])
    build = Build(*(float(rng.uniform(*spread)) for spread in (NOSES, DEPTHS, BREADTHS)))
    asked = as_challenge(material.plan)
    frames, _ = render_burst(photo, asked, rng, build=build, whole=True)
    images = tuple(_decoded(frame.jpeg) for frame in frames)
    seen = [(frame.step, frame.t) for frame in frames]
    plan = shown(Challenge.from_json({"nonce": "", **asked}), seen)
    return Recording(images, np.array([t for _, t in seen]), plan)


def as_challenge(plan: Plan) -> dict[str, Any]:
    """Returns the plan as the challenge of docs/protocol.md, section 3, that a phone reads."""
    steps: list[dict[str, Any]] = []
    for cue in plan:
        step: dict[str, Any] = {"cue": cue.cue, "ms": round(cue.end - cue.start)}
        if cue.degrees:
            step["degrees"] = cue.degrees
        if cue.least is not None:
            step["least"] = round(cue.least)
        if cue.colour is not None:
            step["colour"] = "#" + "".join(f"{round(255 * part):02x}" for part in cue.colour)
        steps.append(step)
    return {"steps": steps, "frames": FRAMES}


def _decoded(jpeg: bytes) -> Image:
    read = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if read is None:
        raise ValueError("a rendered frame is no JPEG")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)
