"""Genuine bursts for PAD evaluation: the software phone's head answers the challenge."""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .attacks.phone_head import make
from .attacks.recording import Material


def genuine(material: Material) -> Recording:
    """Returns what a phone's camera sees of the person of one photograph, who follows the challenge."""
    return make(material)
