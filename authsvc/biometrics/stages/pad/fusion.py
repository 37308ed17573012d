"""Fusion of the PAD signals: one versioned table, calibrated log-likelihood ratios, a threshold, vetoes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FUSION_VERSION: Final = "pad-fusion/4"
"""Changes with every number below and with what a signal measures; part of the evaluation record."""

THRESHOLD: Final = 6.0
"""Least sum of weighted log-likelihood ratios (nepers) that counts as bona fide."""

VETO: Final = -3.5
"""A single signal at or below this refuses on its own: no strength elsewhere outweighs it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A signal's score becomes clip(slope·score + offset, floor, ceiling), times weight; in nepers."""

    slope: float
    offset: float
    floor: float
    ceiling: float
    weight: float


CALIBRATIONS: Final[Mapping[str, Calibration]] = {
    "following": Calibration(30.0, -26.5, -4.0, 2.0, 1.0),
    "residual": Calibration(150.0, -5.2, -3.0, 2.0, 0.6),
    "relief": Calibration(8.0, -4.0, -5.0, 2.5, 1.0),
    "rigidity": Calibration(16.0, -6.0, -4.0, 3.0, 1.0),
    "share": Calibration(10.0, -3.0, -3.0, 2.0, 0.6),
    "perspective": Calibration(4.0, -1.2, -1.5, 1.0, 1.0),
    "light": Calibration(8.0, -4.0, -4.0, 2.0, 1.0),
    "sides": Calibration(-8.0, 10.0, -4.0, 1.0, 1.0),
    "background": Calibration(-8.0, 4.5, -4.0, 1.0, 1.0),
    "blink": Calibration(24.0, -5.0, -4.0, 2.0, 1.0),
    "smile": Calibration(50.0, -3.0, -4.0, 2.0, 1.0),
    "stillness": Calibration(6.0, 2.0, -5.0, 0.5, 1.0),
    "grid": Calibration(-2.0, 9.0, -3.0, 0.5, 0.7),
    "banding": Calibration(-3.0, 2.0, -2.0, 0.3, 0.5),
    "contrast": Calibration(-8.0, 1.5, -1.0, 0.3, 0.3),
    "glare": Calibration(-1.5, -2.5, -1.0, 0.2, 0.3),
    "framing": Calibration(-1.0, 1.5, -1.5, 0.3, 0.3),
    "identity": Calibration(-35.0, 9.5, -6.0, 1.0, 1.0),
}
"""Set by hand on what `manage.py evaluate-pad --tune` shows; docs/adr/0020 says on which tries."""


@dataclass(frozen=True, slots=True)
class Fused:
    """total: weighted sum in nepers; ratios: each signal's own; vetoes: the signals that refuse alone."""

    total: float
    ratios: Mapping[str, float]
    vetoes: tuple[str, ...]

    @property
    def bona_fide(self) -> bool:
        """True where the evidence speaks for a living face and no signal objects."""
        return not self.vetoes and self.total >= THRESHOLD


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
    return Fused(total, ratios, tuple(sorted(name for name, ratio in ratios.items() if ratio <= VETO)))


def _ratio(name: str, score: float) -> float:
    finite = abs(score) < float("inf")
    return likelihood_ratio(name, score) if finite else CALIBRATIONS[name].floor
