"""A shallow mask: the victim's own face, its depth pressed to a third or so, under their photograph."""

from __future__ import annotations

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .printing import gloss, printed
from .recording import OVERTURNED, Material, film_answer
from .scene import head_relief, solid


def make(material: Material) -> Recording:
    """Returns the mask's answer; a quarter to 45 hundredths of a head's depth."""
    rng = material.rng
    subject = printed(material.target, rng)
    relief = rng.uniform(0.25, 0.45) * head_relief(subject).astype(np.float64)
    return film_answer(solid(subject, relief, gloss=gloss(rng)), material, size=OVERTURNED)
