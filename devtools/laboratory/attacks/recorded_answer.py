"""The person's own genuine answer to another challenge, played to this one with no visible loss."""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .recording import Material, film
from .scene import head_surface
from .script import answer, frame_times


def make(material: Material) -> Recording:
    """Returns a head that follows the wrong plan."""
    times = frame_times(material.plan, material.rng)
    views = answer(material.other_plan, times, material.rng)
    return film(head_surface(material.target), views, material, times)
