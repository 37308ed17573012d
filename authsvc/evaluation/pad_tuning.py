"""Fits the fusion table of PAD on the tuning half of the subjects, and prints it as code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from authsvc.biometrics.stages.pad.calibration import Calibration
from authsvc.biometrics.stages.pad.signals import CALIBRATIONS, MODULES

from .pad_trials import Trial

Array = NDArray[np.float64]

RELEVANT: Final[Mapping[str, tuple[str, ...]]] = {
    name: species for family in MODULES for name, species in family.AGAINST.items()
}
"""The species that a signal is there for; the others tell nothing about its calibration."""

_RIDGE: Final = 0.02


def fitted(trials: Sequence[Trial]) -> dict[str, Calibration]:
    """Returns the table with each signal's slope and offset fitted anew; limits and weights stay."""
    return {name: _refit(name, row, trials) for name, row in CALIBRATIONS.items()}


def as_code(table: Mapping[str, Calibration]) -> str:
    """Returns the rows as they stand in the modules of the signals."""
    return "\n".join(
        f'    "{name}": Calibration({row.slope:.3g}, {row.offset:.3g}, '
        f"{row.floor}, {row.ceiling}, {row.weight}),"
        for name, row in table.items()
    )


def _refit(name: str, row: Calibration, trials: Sequence[Trial]) -> Calibration:
    genuine = _scores(name, [t for t in trials if t.species.startswith("bona-fide")])
    relevant = RELEVANT.get(name)
    attacks = _scores(name, [t for t in trials if _is_attack(t) and (not relevant or t.species in relevant)])
    if len(genuine) < 20 or len(attacks) < 20:
        return row
    slope, offset = _logistic(genuine, attacks)
    return Calibration(slope, offset, row.floor, row.ceiling, row.weight)


def _is_attack(trial: Trial) -> bool:
    return not trial.species.startswith("bona-fide") and trial.species != "rendered-head"


def _scores(name: str, trials: Sequence[Trial]) -> Array:
    return np.array([t.scores[name] for t in trials if np.isfinite(t.scores.get(name, np.nan))])


def _logistic(genuine: Array, attacks: Array) -> tuple[float, float]:
    """Returns slope and offset of a logistic regression with equal priors, on standardised scores."""
    both = np.concatenate([genuine, attacks])
    middle, spread = float(both.mean()), float(both.std()) or 1.0

    def cost(parameters: Array) -> float:
        gain, bias = parameters
        loss = [
            float(np.logaddexp(0, -sign * (gain * (values - middle) / spread + bias)).mean())
            for sign, values in ((1, genuine), (-1, attacks))
        ]
        return sum(loss) / 2 + _RIDGE * float(gain) ** 2 / 10

    gain, bias = minimize(cost, np.zeros(2), method="BFGS").x
    return float(gain / spread), float(bias - gain * middle / spread)
