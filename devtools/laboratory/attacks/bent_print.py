"""A print bent over a cylinder, upright or lying, and turned as the challenge asks."""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .printing import printed, sheet_mask
from .recording import OVERTURNED, Material, film_answer
from .scene import sheet_surface


def make(material: Material) -> Recording:
    """Returns a bent print's attempt at the challenge; radii of 7 to 20 cm."""
    rng = material.rng
    subject = printed(material.target, rng)
    bend, across = 1 / rng.uniform(70, 200), bool(rng.random() < 0.3)
    return film_answer(
        sheet_surface(subject, bend=bend, across=across, alpha=sheet_mask(subject, rng)),
        material,
        size=OVERTURNED,
    )
