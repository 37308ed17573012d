"""The attacker answers with a head of their own, and puts the victim's face in for the rest of the burst."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .recording import Material, film_answer
from .scene import head_surface


def make(material: Material) -> Recording:
    """Returns a burst that is the attacker up to some moment and the victim after it, or in reverse."""
    rng = material.rng
    seed = int(rng.integers(2**32))
    own, victim = (
        film_answer(head_surface(face), replace(material, rng=np.random.default_rng(seed)))
        for face in (material.attacker, material.target)
    )
    first, second = (own, victim) if rng.random() < 0.5 else (victim, own)
    at = int(len(own.images) * rng.uniform(0.25, 0.75))
    return replace(own, images=first.images[:at] + second.images[at:])
