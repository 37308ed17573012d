"""What an attack (or a genuine person) is made from, and how it is filmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from authsvc.evaluation.pad_recordings import Plan, Recording

from .camera import Camera, room
from .scene import Image, Portrait, Surface, View, render_layers
from .script import Manner, answer, frame_times


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What one try may use: the person's RGB photograph and portrait, an attacker's, two challenges."""

    photo: Image
    target: Portrait
    attacker: Portrait
    plan: Plan
    other_plan: Plan
    rng: np.random.Generator


Make = Callable[[Material], Recording]


Thing = Surface | Sequence[Surface]
"""What is filmed: a surface, or several that move as one, the farthest first."""


def film(thing: Thing, views: Sequence[View], material: Material, times: NDArray[np.float64]) -> Recording:
    """Returns the recording of a thing moved through the views, before a drawn room and camera."""
    rng = material.rng
    layers = (thing,) if isinstance(thing, Surface) else thing
    background, camera = room(rng), Camera.drawn(rng)
    images = tuple(camera.sense(render_layers(layers, view, background), rng) for view in views)
    return Recording(images, times, material.plan)


def film_answer(
    thing: Thing, material: Material, *, size: tuple[float, float] = (0.85, 1.2), lids: bool = True
) -> Recording:
    """Returns the recording of a thing that is moved as the challenge asks, by this share of the asked
    size; without lids its eyes stay open.
    """
    times = frame_times(material.plan, material.rng)
    views = answer(material.plan, times, material.rng, Manner.drawn(material.rng, size))
    if not lids:
        views = [replace(view, eyelids=0.0) for view in views]
    return film(thing, views, material, times)


OVERTURNED: Final = (0.9, 2.2)
"""Whoever holds a sheet may turn it further than a head would be, to make it look as far turned."""
