"""A flat print held before the camera: tilted and moved as the challenge asks of a head."""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .printing import printed, sheet_mask
from .recording import OVERTURNED, Material, film_answer
from .scene import sheet_surface


def make(material: Material) -> Recording:
    """Returns a flat print's attempt at the challenge."""
    subject = printed(material.target, material.rng)
    return film_answer(
        sheet_surface(subject, alpha=sheet_mask(subject, material.rng)), material, size=OVERTURNED
    )
