"""A video of the person on a screen, made for an earlier challenge and played to this one."""

from __future__ import annotations

from dataclasses import replace

from authsvc.evaluation.pad_recordings import Recording

from .recorded_answer import make as recorded
from .recording import Material
from .screens import Screen


def make(material: Material) -> Recording:
    """Returns the film of a display that plays the person's answer to another challenge."""
    screen = Screen.drawn(material.rng)
    played = recorded(material)
    frames = (screen.seen(screen.shown(frame), 0.9 * i) for i, frame in enumerate(played.images))
    return replace(played, images=tuple(frames))
