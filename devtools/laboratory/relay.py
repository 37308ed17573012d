"""A relay of two phones: a living person before another camera answers what they are shown late (S8.4-03).

The first phone has the page, shows its cues and colours to the second over a network, and gives the page what
the second one's camera sees. The way there and back takes a time. It is no species of the laboratory: whoever
answers is alive and willing or deceived, so that no share of them can be claimed to be told apart.
"""

from __future__ import annotations

from dataclasses import replace

from authsvc.evaluation.pad_recordings import Plan, Recording

from .attacks.recording import Make, Material
from .bona_fide import genuine


def relayed(delay: float) -> Make:
    """Returns what the page gets of a person to whom it is all shown so many milliseconds late.

    The first cue is what they begin with: they sit before the camera already. Steps last as long as they may.
    """

    def made(material: Material) -> Recording:
        lasting = tuple(replace(cue, least=None) for cue in material.plan)
        film = genuine(replace(material, plan=late_by(lasting, delay)))
        return replace(film, plan=lasting)

    return made


def late_by(plan: Plan, delay: float) -> Plan:
    """Returns the plan whose every cue and colour but the first comes so many milliseconds later.

    What would begin after the last step has ended is never seen.
    """
    end = plan[-1].end
    starts = [plan[0].start, *(min(cue.start + delay, end) for cue in plan[1:])]
    ends = [*starts[1:], end]
    moved = [replace(cue, start=a, end=b) for cue, a, b in zip(plan, starts, ends, strict=True)]
    return tuple(cue for cue in moved if cue.end > cue.start)
