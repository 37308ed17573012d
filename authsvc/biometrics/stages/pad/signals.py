"""All PAD signals of a burst, from the modules that families.py lists."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

from .calibration import Calibration
from .families import FAMILIES
from .family import Family
from .following import Following, following
from .observation import Observation

MODULES: Final = tuple(
    cast("Family", import_module(f"{__package__}.{module}")) for module in FAMILIES.values()
)


def merged(tables: tuple[Mapping[str, Calibration], ...]) -> Mapping[str, Calibration]:
    """Returns one table of all; raises ValueError where two families claim one name."""
    found: dict[str, Calibration] = {}
    for table in tables:
        if twice := found.keys() & table.keys():
            raise ValueError(f"two signals are called {', '.join(sorted(twice))}")
        found |= table
    return found


CALIBRATIONS: Final = merged(tuple(family.CALIBRATIONS for family in MODULES))
"""Set by hand on what `manage.py evaluate-pad --tune` shows; docs/adr/0020 says on which tries."""


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns each signal's raw score of this burst; a signal that needs another cue is absent."""
    return {name: score for family in MODULES for name, score in family.scores(observed, answer).items()}


def measure(observed: Observation) -> tuple[Following | None, Mapping[str, float]]:
    """Returns the answer to the cues and all scores, measured once."""
    answer = following(observed)
    return answer, scores(observed, answer)
