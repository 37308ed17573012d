"""Attackers and the screen's light: the same heads under other light than the challenge asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from authsvc.biometrics.challenges import COLOURS
from authsvc.biometrics.stages.pad.observation import PlannedCue
from authsvc.evaluation.pad_recordings import Plan, Recording

from .recording import Make, Material

Colour = tuple[float, float, float]

_PALETTE: Final[tuple[Colour, ...]] = tuple(
    (int(c[1:3], 16) / 255, int(c[3:5], 16) / 255, int(c[5:7], 16) / 255) for c in COLOURS
)


def under(make: Make, light: Callable[[Material], Plan]) -> Make:
    """Returns the species whose light is that of another plan, while it answers all else as asked.

    Whoever injects pictures lets each step last as long as it may.
    """

    def made(material: Material) -> Recording:
        lasting = tuple(replace(cue, least=None) for cue in material.plan)
        shown = make(replace(material, plan=light(replace(material, plan=lasting))))
        return replace(shown, plan=lasting)

    return made


def coloured(plan: Plan, colours: list[Colour]) -> Plan:
    """Returns the plan with these colours under its steps of light, in their order."""
    left = iter(colours)
    return tuple(cue if cue.colour is None else replace(cue, colour=next(left)) for cue in plan)


def colours_of(plan: Plan) -> list[Colour]:
    """Returns the colours that the plan asks for."""
    return [cue.colour for cue in plan if cue.colour is not None]


def steady(level: float) -> Callable[[Material], Plan]:
    """Returns a light that never changes: a grey of this level, 0 to 1."""
    return lambda material: coloured(material.plan, [(level, level, level)] * len(colours_of(material.plan)))


def another(material: Material) -> Plan:
    """Returns the plan with as many colours of another challenge, no two alike in a row."""
    rng, asked = material.rng, colours_of(material.plan)
    drawn = list(asked)
    while drawn == asked:
        drawn = asked[:1] if asked[0] not in _PALETTE else []
        while len(drawn) < len(asked):
            colour = _PALETTE[rng.integers(len(_PALETTE))]
            drawn += [colour] if not drawn or drawn[-1] != colour else []
    return coloured(material.plan, drawn)


def permuted(material: Material) -> Plan:
    """Returns the plan with its colours in another order; another's colours where there is no other order."""
    asked = colours_of(material.plan)
    orders = [[asked[i] for i in material.rng.permutation(len(asked))] for _ in range(20)]
    changed = [order for order in orders if order != asked]
    return coloured(material.plan, changed[0]) if changed else another(material)


def late(material: Material) -> Plan:
    """Returns the plan whose colours come 0.45 to 0.9 s late: whoever reads the screen needs time."""
    delay, plan = float(material.rng.uniform(450, 900)), material.plan
    ends = sorted({cue.end for cue in plan} | {min(cue.end + delay, plan[-1].end) for cue in plan})
    return tuple(_moment(plan, start, end, delay) for start, end in pairwise([plan[0].start, *ends]))


def _moment(plan: Plan, start: float, end: float, delay: float) -> PlannedCue:
    """Returns what is done from one change of cue or colour to the next, colours coming late."""
    middle = (start + end) / 2
    cue = next(cue for cue in plan if cue.start <= middle < cue.end)
    before = [cue for cue in plan if cue.start <= middle - delay]
    colour = (before[-1] if before else plan[0]).colour
    return replace(cue, start=start, end=end, colour=colour)
