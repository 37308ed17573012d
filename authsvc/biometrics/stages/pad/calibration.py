"""How a signal's raw score becomes evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calibration:
    """A signal's score becomes clip(slope·score + offset, floor, ceiling), times weight; in nepers."""

    slope: float
    offset: float
    floor: float
    ceiling: float
    weight: float
