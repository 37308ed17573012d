"""Error rates by group of people, one photograph against one, and the gate on the worst of them (S5.2-04)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Array

from .dataset import Person
from .rates import NOT_MEASURED, Rate, as_json, threshold_at

MOST_FMR: Final = 1e-4
"""In each group by itself (SP 800-63B-4, section 3.2.3.1). One false match is always let pass: a group of
150 people makes 11,175 pairs.
"""

WORSE_AT_MOST: Final = 1.25
"""A group's FNMR over that of all together (SP 800-63A-4, section 3.11; ISO/IEC 19795-10)."""

FEWEST_EVENTS: Final = 3
"""Below this many errors a group's FNMR is too uncertain to fail the gate by the ratio alone."""

FEWEST_PAIRS: Final = 1000
"""Pairs that a group needs before a threshold is fitted on it: the tail of fewer is five scores."""

BELOW_THE_FLOOR: Final = frozenset({"child", "teen"})
"""Values of any column whose people are measured and promised nothing: the face is for adults."""

ONE_PERSON: Final = Path(__file__).with_name("one_person.csv")

Pairs = frozenset[frozenset[str]]
Told = NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """People who share the values of all columns, as age, sex and skin tone together."""

    name: str
    values: frozenset[str]
    people: frozenset[str]

    @property
    def promised(self) -> bool:
        """Whether the face is for these people at all."""
        return not self.values & BELOW_THE_FLOOR


@dataclass(frozen=True)
class GroupRates:
    """A group's errors at one threshold, one photograph against one.

    `fta` are photographs without a face found. `fmr` leaves out the pairs of one person under two entries,
    `fmr_listed` counts them as what they are not: two people. `bpcer` and `apcer` are of PAD, of its people
    and of claimed attacks made of their photographs (pad_evidence.py). `failure` says why the gate refuses
    the group; it is empty where it passes, or where nothing is promised.
    """

    group: str
    people: int
    promised: bool
    fta: Rate = NOT_MEASURED
    fmr: Rate = NOT_MEASURED
    fmr_listed: Rate = NOT_MEASURED
    fnmr: Rate = NOT_MEASURED
    bpcer: Rate = NOT_MEASURED
    apcer: Rate = NOT_MEASURED
    failure: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what a record keeps; a rate without comparisons is null: not measured, its n is nought."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: as_json(one) if isinstance(one, Rate) else one for name, one in found.items()}


def read_groups(path: Path) -> list[Group]:
    """Return the groups of a CSV with a column `person` and others; raises ValueError without them."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in (rows[0] if rows else ()) if name != "person"]
    if not columns or "person" not in rows[0]:
        raise ValueError(f"{path} needs a column named person, and one at least that tells groups apart")
    found: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        if all(values := tuple(row[name] for name in columns)):
            found.setdefault(values, set()).add(row["person"])
    return [Group(" ".join(one), frozenset(one), frozenset(found[one])) for one in sorted(found)]


def read_one_person(path: Path = ONE_PERSON) -> Pairs:
    """Return the pairs of entries that are one person; a row of the file has all entries of one."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    return frozenset(frozenset(pair) for row in rows for pair in combinations(row, 2))


def group_rates(
    people: Sequence[Person],
    threshold: float,
    groups: Sequence[Group],
    *,
    fitted_on: frozenset[str] = frozenset(),
    one_person: Pairs = frozenset(),
) -> list[GroupRates]:
    """Return each group's rates: non-mated between its people, mated between one's own photographs.

    Of a pair whose both are in `fitted_on` nothing is judged: the threshold was fitted on it.
    """
    overall = _fnmr(people, threshold).value
    found = []
    for group in groups:
        members = [one for one in people if one.name in group.people]
        scores, same, known = _pairs(members, one_person, fitted_on)
        over = (scores >= threshold) & ~known
        failed = sum(one.failed for one in members)
        rates = GroupRates(
            group=group.name,
            people=len(members),
            promised=group.promised,
            fta=Rate(failed, failed + sum(len(one.vectors) for one in members)),
            fmr=Rate(int((over & ~same).sum()), int((~same & ~known).sum())),
            fmr_listed=Rate(int(over.sum()), int((~known).sum())),
            fnmr=_fnmr(members, threshold),
        )
        found.append(replace(rates, failure=_failure(rates, overall)))
    return [one for one in found if one.people]


def group_threshold(
    people: Sequence[Person], rate: float, groups: Sequence[Group], *, one_person: Pairs = frozenset()
) -> float:
    """Return the threshold that holds a false match rate in each promised group with pairs enough; or -1."""
    found = [-1.0]
    for group in groups:
        members = [one for one in people if one.name in group.people]
        scores, same, _ = _pairs(members, one_person, frozenset())
        if group.promised and len(scores) >= FEWEST_PAIRS:
            found.append(threshold_at(scores[~same], rate))
    return max(found)


def _pairs(
    members: Sequence[Person], one_person: Pairs, fitted_on: frozenset[str]
) -> tuple[Array, Told, Told]:
    """Return of each two people the score of their first photographs, if they are one, if both are known.

    The earlier one's is the reference.
    """
    seen = [one for one in members if len(one.vectors)]
    rows, columns = np.triu_indices(len(seen), 1)
    first = np.array([one.vectors[0] for one in seen], np.float32)
    probes = np.array([one.probes[0][0] for one in seen], np.float32)
    scores = (first @ probes.T)[rows, columns] if seen else np.zeros(0, np.float32)
    names = [one.name for one in seen]
    same = [frozenset((names[i], names[j])) in one_person for i, j in zip(rows, columns, strict=True)]
    known = np.array([name in fitted_on for name in names], bool)
    return scores, np.array(same, bool), known[rows] & known[columns]


def _fnmr(members: Sequence[Person], threshold: float) -> Rate:
    scores = [
        score
        for one in members
        for score in (one.vectors @ one.probes[0].T)[np.triu_indices(len(one.vectors), 1)].tolist()
    ]
    return Rate(sum(score < threshold for score in scores), len(scores))


def _failure(rates: GroupRates, overall: float) -> str:
    """Return why the gate refuses a group. It takes the counted errors, not the kinder end of an interval."""
    if not rates.promised:
        return ""
    if rates.fmr.count > max(1.0, MOST_FMR * rates.fmr.total):
        return f"{rates.fmr.count} false matches in {rates.fmr.total:,} pairs: FMR over 1e-4"
    if rates.fnmr.count >= FEWEST_EVENTS and rates.fnmr.value > overall * WORSE_AT_MOST:
        return "FNMR over 25 % worse than overall"
    return ""
