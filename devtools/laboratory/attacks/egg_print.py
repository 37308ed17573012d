"""A print wrapped on an egg of a head's size, held up and turned as the challenge asks."""

from __future__ import annotations

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .printing import gloss, printed
from .recording import OVERTURNED, Material, film_answer
from .scene import Portrait, Surface, full_size, grid_mm, solid

_NOSE_TIP = 30
_RIM = 0.9
"""How far towards the egg's outline the print reaches."""


def make(material: Material) -> Recording:
    """Returns an egg's attempt at the challenge; 65 to 95 mm from its middle to its sides, and higher than
    broad.
    """
    egg = _egg(printed(material.target, material.rng), material.rng)
    return film_answer(egg, material, size=OVERTURNED)


def _egg(subject: Portrait, rng: np.random.Generator) -> Surface:
    across = rng.uniform(65, 95)
    half = np.array([across, across * rng.uniform(1.15, 1.5)])
    deep = across * rng.uniform(0.7, 1.2)
    out = np.linalg.norm(grid_mm(subject, _NOSE_TIP) / half, axis=-1)
    relief = deep * (1 - np.sqrt(1 - np.minimum(out, 0.96) ** 2))
    inside = np.clip((_RIM - full_size(out)) / 0.02 + 0.5, 0, 1)
    return solid(subject, relief, alpha=inside, gloss=gloss(rng))
