"""A print wrapped around a moving head, as a paper mask."""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .printing import printed
from .recording import OVERTURNED, Material, film_answer
from .scene import sheet_surface


def make(material: Material) -> Recording:
    """Returns the answer of somebody who wears the print: a cylinder of a head's radius, cut at the head's
    outline.
    """
    subject = printed(material.target, material.rng)
    bend = 1 / material.rng.uniform(75, 95)
    return film_answer(sheet_surface(subject, bend=bend, alpha=subject.alpha), material, size=OVERTURNED)
