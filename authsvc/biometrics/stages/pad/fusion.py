"""Fusion of the PAD signals: calibrated log-likelihood ratios, a threshold, vetoes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .signals import CALIBRATIONS

FUSION_VERSION: Final = "pad-fusion/11"
"""Changes with every number of a calibration or below, and with what a signal measures."""

THRESHOLD: Final = 6.0
TURNED: Final = 7.0
LIT: Final = 14.0
"""Least sum of weighted log-likelihood ratios (nepers) that counts as bona fide: where neither of the others
holds, where the head turned, and where the screen's light was read from it besides. The more is asked, the
more a person's answers speak for them, and the less it says that some do.
"""

VETO: Final = -3.5
"""A single signal at or below this refuses on its own: no strength elsewhere outweighs it."""


@dataclass(frozen=True, slots=True)
class Fused:
    """total: weighted sum in nepers; least: what it must reach; ratios: each signal's own; vetoes: those
    that refuse alone.
    """

    total: float
    least: float
    ratios: Mapping[str, float]
    vetoes: tuple[str, ...]

    @property
    def bona_fide(self) -> bool:
        """True where the evidence speaks for a living face and no signal objects."""
        return not self.vetoes and self.total >= self.least


def likelihood_ratio(name: str, score: float) -> float:
    """Returns the calibrated natural-log likelihood ratio, bona fide over attack, of one signal's score."""
    row = CALIBRATIONS[name]
    return min(max(row.slope * score + row.offset, row.floor), row.ceiling)


def fuse(scores: Mapping[str, float]) -> Fused:
    """Returns the fused evidence of the signals that gave a score. A score that is not finite counts as its
    floor.
    """
    ratios = {name: _ratio(name, score) for name, score in scores.items()}
    total = sum(CALIBRATIONS[name].weight * ratio for name, ratio in ratios.items())
    vetoes = tuple(sorted(name for name, ratio in ratios.items() if ratio <= VETO))
    return Fused(total, _least(scores), ratios, vetoes)


def _least(scores: Mapping[str, float]) -> float:
    if "relief" not in scores:
        return THRESHOLD
    return LIT if "light" in scores else TURNED


def _ratio(name: str, score: float) -> float:
    finite = abs(score) < float("inf")
    return likelihood_ratio(name, score) if finite else CALIBRATIONS[name].floor
