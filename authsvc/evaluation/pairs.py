"""People who are listed as alike, twins or look-alikes: how often one passes for the other (S8.1-03).

They are reported apart and go nowhere else: no record, no threshold and no gate takes them. A threshold that
told twins apart would refuse most people, and one that is fitted with them says nothing of strangers.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .dataset import Person
from .rates import Rate

COLUMNS: Final = ("person", "other", "kind")


@dataclass(frozen=True)
class Pair:
    """Two people of a dataset, and what they are to each other, as "twins"."""

    person: str
    other: str
    kind: str


@dataclass(frozen=True)
class Alike:
    """One kind of pairs at one threshold: pairs of whom one passes for the other at all, and comparisons.

    Comparisons are one photograph against one; those of a pair hang together, so that the interval to go by
    is that of the pairs.
    """

    kind: str
    threshold: float
    pairs: Rate
    comparisons: Rate


def read_pairs(file: Path) -> list[Pair]:
    """Return the pairs of a CSV with the columns person, other and kind; raises ValueError."""
    with file.open(encoding="utf-8", newline="") as content:
        rows = csv.DictReader(content)
        if set(rows.fieldnames or ()) != set(COLUMNS):
            raise ValueError(f"{file}: the columns are to be {', '.join(COLUMNS)}")
        found = [Pair(*(row[name] for name in COLUMNS)) for row in rows]
    if alone := next((one.person for one in found if one.person == one.other), None):
        raise ValueError(f"{file}: {alone} is no pair")
    return found


def tell_apart(
    pairs: Sequence[Pair], people: Mapping[str, Person], thresholds: Sequence[float]
) -> list[Alike]:
    """Return every kind's errors at each threshold; raises ValueError for somebody without photographs."""
    if absent := next(
        (name for one in pairs for name in (one.person, one.other) if name not in people), None
    ):
        raise ValueError(f"{absent} is in no dataset, or no photograph shows a face")
    kinds = sorted({one.kind for one in pairs})
    return [
        _errors(kind, [one for one in pairs if one.kind == kind], people, threshold)
        for kind in kinds
        for threshold in thresholds
    ]


def _errors(kind: str, pairs: Sequence[Pair], people: Mapping[str, Person], threshold: float) -> Alike:
    passed = [people[one.person].vectors @ people[one.other].vectors.T >= threshold for one in pairs]
    return Alike(
        kind,
        threshold,
        Rate(sum(bool(one.any()) for one in passed), len(passed)),
        Rate(sum(int(one.sum()) for one in passed), sum(one.size for one in passed)),
    )


def as_table(found: Sequence[Alike], names: Mapping[float, str]) -> str:
    """Return a Markdown table; `names` says which operating point a threshold is of."""
    head = "| pairs of | operating point | who pass for each other | comparisons |\n|---|---|---|---|"
    rows = [
        f"| {one.kind} | {names[one.threshold]} | {_of(one.pairs)} | {one.comparisons.count} of "
        f"{one.comparisons.total:,} |"
        for one in found
    ]
    return "\n".join([head, *rows])


def _of(rate: Rate) -> str:
    return f"{rate.count} of {rate.total} ({rate.low:.1%}–{rate.high:.1%})"
