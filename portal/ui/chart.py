"""Geometry of the bar chart, computed here so that the page needs no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from authsvc.core.texts import Text

WIDTH, HEIGHT = 720, 180
_LEFT, _BOTTOM, _TOP, _GAP = 34, 24, 8, 4


@dataclass(frozen=True)
class Value:
    """What a bar stands for; `label` stands under it where it is not empty, `title` tells it in words.

    `url` is that of the list of what it counts, and `usual` what is usually there in all: None where nobody
    knows.
    """

    label: str
    accepted: int
    refused: int
    usual: float | None = None
    title: Text = ""
    url: str = ""


@dataclass(frozen=True)
class Bar:
    """One stacked bar, in SVG units; `usual_y` is the height of the usual."""

    value: Value
    x: float
    width: float
    accepted_y: float
    accepted_height: float
    refused_y: float
    refused_height: float
    usual_y: float | None
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
    top: int = _TOP
    base: int = HEIGHT - _BOTTOM


def stacked_bars(values: Sequence[Value]) -> Chart:
    """Return a chart of values, at least one, with three grid lines."""
    top = _round_up(max(max(value.accepted + value.refused, ceil(value.usual or 0)) for value in values))
    scale = (HEIGHT - _BOTTOM - _TOP) / top
    step = (WIDTH - _LEFT) / len(values)
    base = HEIGHT - _BOTTOM
    bars = []
    for index, value in enumerate(values):
        high, low = value.accepted * scale, value.refused * scale
        bars.append(
            Bar(
                value,
                x=round(_LEFT + index * step + _GAP / 2, 2),
                width=round(step - _GAP, 2),
                accepted_y=round(base - high, 2),
                accepted_height=round(high, 2),
                refused_y=round(base - high - low, 2),
                refused_height=round(low, 2),
                usual_y=round(base - value.usual * scale, 2) if value.usual else None,
                label_x=round(_LEFT + (index + 0.5) * step, 2),
            )
        )
    lines = [Line(round(base - mark * scale, 2), mark) for mark in (0, top // 2, top)]
    return Chart(bars, lines)


def _round_up(value: int) -> int:
    """Return the next number of the form 2, 4, 10, 20, 40, 100, … so that half of it is whole."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if step * size >= value:
                return step * size
        size *= 10
