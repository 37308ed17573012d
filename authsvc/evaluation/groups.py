"""Error rates by group, and the gate on how far apart they may be (S5.2-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .rates import Scores

WORSE_AT_MOST: Final = 1.25
MOST_FMR: Final = 1e-4
FEWEST_EVENTS: Final = 3
"""Below this many errors in a group its rate is too uncertain to fail the gate by the ratio alone."""


@dataclass(frozen=True)
class GroupRate:
    """A group's rates at the deployed threshold, with its counts."""

    attribute: str
    group: str
    people: int
    fmr: float
    fnmr: float
    failure: str


def group_rates(scores: Scores, threshold: float, groups: Mapping[str, Mapping[str, str]]) -> list[GroupRate]:
    """Return each group's rates: mated within it, non-mated between its members.

    `failure` says why the gate refuses a group: over 25 % worse than the overall rate, or FMR over 1e-4
    (SP 800-63B-4 section 3.2.3.1, SP 800-63A-4 section 3.11); it is empty where the group passes.
    """
    misses = scores.mated < threshold
    wrong = np.nan_to_num(scores.non_mated, nan=-2.0) >= threshold
    overall = float(misses.mean()), float(wrong.sum() / max(scores.impostors.size, 1))
    found = []
    for attribute, members in groups.items():
        for group in sorted(set(members.values())):
            rows = np.array([members.get(name) == group for name in scores.references])
            columns = np.array([members.get(name) == group for name in scores.probes])
            if not rows.any():
                continue
            block = wrong[np.ix_(rows, columns)]
            compared = int((~np.isnan(scores.non_mated[np.ix_(rows, columns)])).sum())
            rates = float(misses[rows].mean()), float(block.sum() / max(compared, 1))
            events = int(misses[rows].sum()), int(block.sum())
            found.append(
                GroupRate(
                    attribute, group, int(rows.sum()), rates[1], rates[0], _failure(rates, events, overall)
                )
            )
    return found


def _failure(rates: tuple[float, float], events: tuple[int, int], overall: tuple[float, float]) -> str:
    fnmr, fmr = rates
    if events[0] >= FEWEST_EVENTS and fnmr > overall[0] * WORSE_AT_MOST:
        return "FNMR over 25 % worse than overall"
    if events[1] >= FEWEST_EVENTS and fmr > max(overall[1] * WORSE_AT_MOST, MOST_FMR):
        return "FMR over 25 % worse than overall and over 1e-4"
    return ""
