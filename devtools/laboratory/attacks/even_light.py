"""A rendered head that is painted with the right colours in time, alike all over it and not beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .recording import Material, film_answer
from .scene import head_surface


def make(material: Material) -> Recording:
    """Returns the answer of a head whose light knows nothing of its shape."""
    head = head_surface(material.target)
    return film_answer(replace(head, lit=np.ones_like(head.lit)), material)
