"""A video of the person on a screen in which they do what this challenge asks for.

Whoever has many films of a person cuts one together, or has the person answer elsewhere. Everything in it is
the person's own but the screen's light, which is painted evenly over the head as the film is played.
"""

from __future__ import annotations

from authsvc.evaluation.pad_recordings import Recording

from .driving import performer
from .puppetry import injected, painted
from .recording import Material
from .screens import played


def make(material: Material) -> Recording:
    """Returns what the camera sees of the film on a screen. Raises face3d.NoFace."""
    rng, seen = material.rng, performer(material.photo, material)
    gain = float(rng.uniform(0.15, 0.35))
    frames = (
        painted(frame, alpha, light, gain)
        for (frame, alpha), light in zip(seen.film(), seen.light, strict=True)
    )
    return played(Recording(injected(frames, rng), seen.times, seen.plan), rng)
