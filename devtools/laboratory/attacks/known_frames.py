"""The attacker answers, and shows the victim at rest and in two moving frames that were once described."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .alternating_faces import both
from .recording import Material


def make(material: Material) -> Recording:
    """Returns a burst made for a worker that describes frames at rest, and those at 1/3 and 2/3 of the moving
    ones.
    """
    own, victim = both(material)
    starts = [cue.start for cue in own.plan]
    at = np.maximum(np.searchsorted(starts, own.times, side="right") - 1, 0)
    moving = np.flatnonzero([own.plan[step].cue != "centre" for step in at])
    known = np.linspace(0, len(moving) - 1, 4)[1:-1].astype(int)
    swapped = np.setdiff1d(moving, moving[known])
    images = tuple((own if index in swapped else victim).images[index] for index in range(len(own.images)))
    return replace(own, images=images)
