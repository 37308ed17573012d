"""The attacker answers with a head of their own, and some frames all through the burst are the victim's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .recording import Material, film_answer
from .scene import head_surface


def make(material: Material) -> Recording:
    """Returns a burst whose frames are the victim's or the attacker's by the toss of a coin."""
    own, victim = both(material)
    chosen = material.rng.random(len(own.images)) < 0.5
    images = tuple(b if now else a for a, b, now in zip(own.images, victim.images, chosen, strict=True))
    return replace(own, images=images)


def both(material: Material) -> tuple[Recording, Recording]:
    """Returns the same answer by the attacker and by a model of the victim, frame for frame alike."""
    seed = int(material.rng.integers(2**32))
    own, victim = (
        film_answer(head_surface(face), replace(material, rng=np.random.default_rng(seed)))
        for face in (material.attacker, material.target)
    )
    return own, victim
