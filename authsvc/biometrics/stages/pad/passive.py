"""What a network that sees single pictures says of them, where one is asked (VISOR_PASSIVE_LIVENESS)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .calibration import Calibration
from .following import Following
from .observation import Observation

CALIBRATIONS: Final = {"passive": Calibration(3.3, -1.65, -1.5, 0.0, 0.7)}
"""Objects below one half, and never speaks for a person: a rendered head looks as alive as one."""

AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "passive": ("flat-print", "bent-print", "cut-out", "screen-photo"),
}
FAILS: Final = {
    "passive": "dim and coloured light; blind to rendered heads, prints on a head and recorded answers",
}


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns how alive the looked at pictures are, their median from 0 to 1, where a network looked."""
    return {} if observed.living is None else {"passive": observed.living}
