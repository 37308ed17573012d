"""A measured figure, the aim that it is held against, and how both are shown and kept."""

import json
import operator
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_HOLDS = {"≤": operator.le, "≥": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Figure:
    """One figure: `aim` is a comparison such as "≥ 10", or "" where nothing is asked of it.

    `between` are the ends of its 95 % interval, where it is a mean of rounds.
    """

    name: str
    value: float
    unit: str
    aim: str = ""
    between: tuple[float, float] | None = None

    @property
    def holds(self) -> bool | None:
        """Tell whether the aim is met; None without one. Raises KeyError for an unknown comparison."""
        if not self.aim:
            return None
        comparison, bound = self.aim.split()
        return bool(_HOLDS[comparison](self.value, float(bound)))


def table(figures: Iterable[Figure]) -> str:
    """Return figures as aligned text, one a line."""
    marks = {True: "holds", False: "MISSED", None: ""}
    rows = [
        (figure.name, f"{figure.value:,.4g}", _unit(figure), figure.aim, marks[figure.holds])
        for figure in figures
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(5)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {aim:<{widths[3]}}  {mark}".rstrip()
        for name, value, unit, aim, mark in rows
    )


def _unit(figure: Figure) -> str:
    if figure.between is None:
        return figure.unit
    low, high = figure.between
    return f"{figure.unit} ({low:,.3g} to {high:,.3g})"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write figures as a JSON list of {name, value, unit, aim, between, holds}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [{**asdict(figure), "holds": figure.holds} for figure in figures]
    path.write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
