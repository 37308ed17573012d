"""The report of an evaluation: text, and the DET curve as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from authsvc.biometrics.records.record import EvaluationRecord

from .groups import GroupRates
from .rates import NOT_MEASURED, Rate

UNMEASURED: Final = "not measured, n = 0"


@dataclass(frozen=True)
class ShapeRates:
    """Rates of one shape of comparison on unseen people: at the deployed threshold, and at one of its own."""

    name: str
    mated: int
    own_threshold: float
    own_fnmr: float
    fmr: float
    fnmr: float
    fnmr_interval: tuple[float, float]


def percent(rate: float) -> str:
    """Return a rate as a percentage with as many digits as it needs."""
    return f"{rate * 100:.3g} %"


def as_text(record: EvaluationRecord, shapes: Sequence[ShapeRates], groups: Sequence[GroupRates]) -> str:
    """Return the report as Markdown: counts, operating points, single shapes and groups."""
    lines = [f"Evaluation {record.id}", "", f"- dataset: {record.dataset}", f"- engine: {record.engine}"]
    lines += [f"- stages: {record.stages}", f"- created: {record.created}"]
    lines += [f"- {name.replace('_', ' ')}: {value:,}" for name, value in record.counts.items()]
    lines += [
        "",
        "| operating point (FMR) | threshold | FMR, 95 % interval | FNMR, 95 % interval |",
        "|---|---|---|---|",
    ]
    for name, point in record.points.items():
        fmr = f"{point['fmr']:.2e} ({point['fmr_interval'][0]:.1e}–{point['fmr_interval'][1]:.1e})"
        low, high = point["fnmr_interval"]
        fnmr = f"{percent(point['fnmr'])} ({percent(low)}–{percent(high)})"
        lines.append(f"| {name} | {point['threshold']:.4f} | {fmr} | {fnmr} |")
    lines += [
        "",
        "| comparison | people | FMR as deployed | FNMR, 95 % interval | FNMR at its own FMR 1e-4 |",
    ]
    lines += ["|---|---|---|---|---|", *(_shape_row(one) for one in shapes)]
    if groups:
        lines += ["", *as_table(groups)]
    if record.pad:
        lines += ["", *_pad_table(record.pad)]
    return "\n".join(lines) + "\n"


def _shape_row(one: ShapeRates) -> str:
    low, high = one.fnmr_interval
    deployed = f"{one.fmr:.1e} | {percent(one.fnmr)} ({percent(low)}–{percent(high)})"
    return f"| {one.name} | {one.mated} | {deployed} | {percent(one.own_fnmr)} at {one.own_threshold:.4f} |"


def as_table(groups: Sequence[GroupRates]) -> list[str]:
    """Return the groups' rates at the threshold of 1e-4 as lines of a Markdown table.

    False matches stand without and with the pairs of one person under two entries; each rate with its 95 %
    interval and its n.
    """
    head = "| group | people | no face found | false matches | with the listed pairs | FNMR | BPCER | APCER |"
    return [f"{head} gate |", "|---|---|---|---|---|---|---|---|---|", *(_group_row(one) for one in groups)]


def _group_row(one: GroupRates) -> str:
    gate = one.failure or ("passes" if one.promised else "nothing promised")
    matches = " | ".join(_few(rate) for rate in (one.fmr, one.fmr_listed))
    others = " | ".join(told(rate) for rate in (one.fnmr, one.bpcer, one.apcer))
    return f"| {one.group} | {one.people} | {told(one.fta)} | {matches} | {others} | {gate} |"


def _few(rate: Rate) -> str:
    if not rate.total:
        return UNMEASURED
    return f"{rate.count} of {rate.total:,} ({rate.low:.1e}–{rate.high:.1e})"


def told(rate: Rate) -> str:
    """Return a rate with its 95 % interval and its n as words of a report."""
    if not rate.total:
        return UNMEASURED
    interval = f"{percent(rate.low)}–{percent(rate.high)}"
    return f"{percent(rate.value)} ({interval}) of {rate.total:,}"


def _pad_table(part: Mapping[str, Any]) -> list[str]:
    """Return the PAD part of a record as lines of a Markdown table."""
    rows = [(one, "APCER", one["apcer"], "yes" if one["claimed"] else "no") for one in part["attacks"]]
    rows += [(one, "BPCER", one["bpcer"], "–") for one in part["people"]]
    lines = [f"- PAD measured at {one['commit']}: {one['command']}" for one in part["measured"]]
    lines += ["", "| species | claimed | error, 95 % interval | gate |", "|---|---|---|---|"]
    for one, kind, kept, claimed in rows:
        rate = Rate(kept["errors"], kept["compared"]) if kept else NOT_MEASURED
        gate = one["failure"] or ("nothing claimed" if claimed == "no" else "passes")
        lines.append(f"| {one['species']} | {claimed} | {kind} {told(rate)} | {gate} |")
    return lines


def as_svg(curve: Sequence[tuple[float, float, float]]) -> str:
    """Return the DET curve on logarithmic axes: FMR 1e-6 to 0.1 across, FNMR 0.1 % to 100 % upwards."""

    def x(rate: float) -> float:
        return 60 + (math.log10(max(rate, 1e-6)) + 6) / 5 * 520

    def y(rate: float) -> float:
        return 340 - (math.log10(max(rate, 1e-3)) + 3) / 3 * 300

    path = " ".join(f"{x(fmr):.1f},{y(fnmr):.1f}" for _, fmr, fnmr in curve)
    grid = "".join(
        f'<line x1="{x(10.0**n):.0f}" y1="40" x2="{x(10.0**n):.0f}" y2="340"/>' for n in range(-6, 0)
    ) + "".join(f'<line x1="60" y1="{y(10.0**n):.0f}" x2="580" y2="{y(10.0**n):.0f}"/>' for n in range(-3, 1))
    labels = "".join(f'<text x="{x(10.0**n):.0f}" y="358">1e{n}</text>' for n in range(-6, 0)) + "".join(
        f'<text x="50" y="{y(10.0**n) + 4:.0f}" text-anchor="end">{100 * 10.0**n:g} %</text>'
        for n in range(-3, 1)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 390" role="img" '
        'font-family="system-ui" font-size="12" text-anchor="middle"><title>DET curve</title>'
        f'<g stroke="#ccc">{grid}</g><g fill="#333">{labels}'
        '<text x="320" y="380">false match rate</text><text x="14" y="190" transform="rotate(-90 14 190)">'
        "false non-match rate</text></g>"
        f'<polyline points="{path}" fill="none" stroke="#0b57d0" stroke-width="2"/></svg>\n'
    )
