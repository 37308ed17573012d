"""What a PAD signal declares: its calibration, when it errs, and which attacks it is there for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .calibration import Calibration
from .following import Following
from .observation import Observation


class Family(Protocol):
    """A module whose signals one look at a burst gives; each is named in all three tables.

    `AGAINST` has the species of attack on whose tries a signal's calibration is fitted, empty for all of
    them; `FAILS` says in words when the signal errs.
    """

    CALIBRATIONS: Mapping[str, Calibration]
    AGAINST: Mapping[str, tuple[str, ...]]
    FAILS: Mapping[str, str]

    def scores(self, observed: Observation, answer: Following | None) -> Mapping[str, float]:
        """Return the raw score of each signal that this burst can tell; `answer` is the head's, if asked."""
        ...
