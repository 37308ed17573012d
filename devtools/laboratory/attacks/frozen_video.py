"""A frozen picture, or a short loop of a person at rest, injected for the whole burst."""

from __future__ import annotations

from dataclasses import replace

from authsvc.evaluation.pad_recordings import Recording

from .recording import Material, film
from .scene import View, head_surface
from .script import answer, frame_times


def make(material: Material) -> Recording:
    """Returns one frame for ever, or two to six frames in a loop."""
    rng = material.rng
    times = frame_times(material.plan, rng)
    length = int(rng.choice([1, 2, 4, 6]))
    resting = [
        View(yaw=v.yaw, pitch=v.pitch, roll=v.roll) for v in answer(material.plan[:1], times[:length], rng)
    ]
    loop = film(head_surface(material.target), resting, material, times).images
    return replace(
        Recording(loop, times, material.plan), images=tuple(loop[i % length] for i in range(len(times)))
    )
