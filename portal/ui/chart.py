"""Geometry of the bar chart, computed here so that the page needs no script."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 180
_LEFT, _BOTTOM, _TOP, _GAP = 34, 24, 8, 4


@dataclass(frozen=True)
class Bar:
    """One stacked bar, in SVG units; `label` stands under it where it is not empty."""

    x: float
    width: float
    accepted_y: float
    accepted_height: float
    refused_y: float
    refused_height: float
    label: str
    label_x: float


@dataclass(frozen=True)
class Line:
    """A horizontal grid line with its value."""

    y: float
    label: int


@dataclass(frozen=True)
class Chart:
    """Everything that components/chart.html draws."""

    bars: list[Bar]
    lines: list[Line]
    left: int = _LEFT
    right: int = WIDTH
    width: int = WIDTH
    height: int = HEIGHT


def stacked_bars(values: Sequence[tuple[str, int, int]]) -> Chart:
    """Return a chart of (label, accepted, refused) triples, at least one, with three grid lines."""
    top = _round_up(max(accepted + refused for _, accepted, refused in values))
    scale = (HEIGHT - _BOTTOM - _TOP) / top
    step = (WIDTH - _LEFT) / len(values)
    base = HEIGHT - _BOTTOM
    bars = []
    for index, (label, accepted, refused) in enumerate(values):
        high, low = accepted * scale, refused * scale
        bars.append(
            Bar(
                x=round(_LEFT + index * step + _GAP / 2, 2),
                width=round(step - _GAP, 2),
                accepted_y=round(base - high, 2),
                accepted_height=round(high, 2),
                refused_y=round(base - high - low, 2),
                refused_height=round(low, 2),
                label=label,
                label_x=round(_LEFT + (index + 0.5) * step, 2),
            )
        )
    lines = [Line(round(base - value * scale, 2), value) for value in (0, top // 2, top)]
    return Chart(bars, lines)


def _round_up(value: int) -> int:
    """Return the next number of the form 2, 4, 10, 20, 40, 100, … so that half of it is whole."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if step * size >= value:
                return step * size
        size *= 10
