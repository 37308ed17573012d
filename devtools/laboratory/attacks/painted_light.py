"""A still photograph that follows the challenge as a sheet would, tinted evenly with the screen's colours."""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .recording import OVERTURNED, Material, film_answer
from .scene import sheet_surface


def make(material: Material) -> Recording:
    """Returns stills moved in the plane of the picture, with synthetic light over the whole of it."""
    return film_answer(sheet_surface(material.target), material, size=OVERTURNED)
