"""The photograph on a phone or tablet that is held and tilted before the camera."""

from __future__ import annotations

from dataclasses import replace

from authsvc.evaluation.pad_recordings import Recording

from .camera import Camera, room
from .printing import sheet_mask
from .recording import OVERTURNED, Material
from .scene import render, sheet_surface
from .screens import Screen
from .script import Manner, answer, frame_times


def make(material: Material) -> Recording:
    """Returns the display's attempt at the challenge, moved by hand."""
    rng = material.rng
    screen, camera, background = Screen.drawn(rng), Camera.drawn(rng), room(rng)
    subject = replace(material.target, texture=screen.shown(material.target.texture))
    surface = sheet_surface(subject, alpha=sheet_mask(subject, rng))
    times = frame_times(material.plan, rng)
    manner = Manner.drawn(rng, OVERTURNED)
    frames = [render(surface, view, background) for view in answer(material.plan, times, rng, manner)]
    images = tuple(screen.filmed(frame, camera, rng) for frame in frames)
    return Recording(images, times, material.plan)
