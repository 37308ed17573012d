"""A burst whose first half is one thing and whose second is another, each the best at what is asked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .puppet import make as puppet
from .recording import Make, Material, film_answer
from .rendered_head import make as rendered_head
from .scene import head_surface, sheet_surface


def _still(material: Material) -> Recording:
    """Returns a flat photograph of the victim that hardly moves."""
    return film_answer(sheet_surface(material.target), material, size=(0.0, 0.1), lids=False)


def _attacker(material: Material) -> Recording:
    return film_answer(head_surface(material.attacker), material)


_HALVES: Final[Mapping[str, Make]] = {
    "still": _still,
    "attacker": _attacker,
    "puppet": puppet,
    "head": rendered_head,
}
_PAIRS: Final = (
    ("still", "attacker"),
    ("puppet", "attacker"),
    ("attacker", "puppet"),
    ("still", "puppet"),
    ("head", "attacker"),
)
"""What is shown first and then: the victim where frames are known to be compared, another where they move."""


def make(material: Material) -> Recording:
    """Returns a burst of two halves on one clock, cut somewhere between the neutral and the last movement."""
    rng = material.rng
    lasting = replace(material, plan=tuple(replace(cue, least=None) for cue in material.plan))
    first, second = _PAIRS[int(rng.integers(len(_PAIRS)))]
    seed = int(rng.integers(2**32))
    one, two = (_HALVES[name](replace(lasting, rng=np.random.default_rng(seed))) for name in (first, second))
    start, end = lasting.plan[0].end, lasting.plan[-1].end
    cut = start + float(rng.uniform(0.0, 0.6)) * (end - start)
    count, kept = int((one.times < cut).sum()), two.times >= cut
    later = tuple(image for image, now in zip(two.images, kept, strict=True) if now)
    times = np.concatenate([one.times[:count], two.times[kept]])
    return Recording(one.images[:count] + later, times, lasting.plan)
