"""A 3-D head rendered from the photograph and turned as asked: an injection species, not claimed by PAD.

It is also the harness's own bona fide generator, since to signals of geometry it is a head.
"""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .recording import Material, film_answer
from .scene import head_surface


def make(material: Material) -> Recording:
    """Returns a rendered head's answer to the challenge."""
    return film_answer(head_surface(material.target), material)
