"""Attackers and the screen's light: the same heads under other light than the challenge asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from authsvc.biometrics.challenges import COLOURS
from authsvc.evaluation.pad_recordings import Plan, Recording

from .recording import Make, Material

Colour = tuple[float, float, float]

_PALETTE: Final[tuple[Colour, ...]] = tuple(
    (int(c[1:3], 16) / 255, int(c[3:5], 16) / 255, int(c[5:7], 16) / 255) for c in COLOURS
)


def under(make: Make, light: Callable[[Material], Plan]) -> Make:
    """Returns the species whose light is that of another plan, while it answers all else as asked."""

    def made(material: Material) -> Recording:
        shown = make(replace(material, plan=light(material)))
        kept = shown.times <= material.plan[-1].end
        images = tuple(image for image, now in zip(shown.images, kept, strict=True) if now)
        return Recording(images, shown.times[kept], material.plan)

    return made


def coloured(plan: Plan, colours: list[Colour]) -> Plan:
    """Returns the plan with these colours under its light cues, in their order."""
    left = iter(colours)
    return tuple(replace(cue, colour=next(left)) if cue.cue == "light" else cue for cue in plan)


def colours_of(plan: Plan) -> list[Colour]:
    """Returns the colours that the plan's light cues ask for."""
    return [cue.colour for cue in plan if cue.colour is not None]


def steady(level: float) -> Callable[[Material], Plan]:
    """Returns a light that never changes: a grey of this level, 0 to 1."""
    return lambda material: coloured(material.plan, [(level, level, level)] * len(colours_of(material.plan)))


def another(material: Material) -> Plan:
    """Returns the plan with as many colours of another challenge, no two alike in a row."""
    rng, asked = material.rng, colours_of(material.plan)
    drawn = list(asked)
    while drawn == asked:
        drawn = []
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
    delay = float(material.rng.uniform(450, 900))
    return tuple(
        replace(cue, start=cue.start + delay, end=cue.end + delay) if cue.cue == "light" else cue
        for cue in material.plan
    )
