"""Challenges that the server draws after device proof: what to do, in which order, how far."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from typing import Final, Literal, Protocol

from .types import Challenge, Step

Part = Literal["turn", "light", "blink", "smile"]

TURNS: Final = ("left", "right", "up", "down")
MOVEMENTS: Final = (*TURNS, "nearer", "farther")
COLOURS: Final = ("#ffffff", "#101010", "#ff7020", "#20ff50", "#2060ff", "#ff40d0")
"""Screen colours of the light part. None is a saturated red; they change at under 2 Hz (WCAG 2.2, 2.3.1)."""

LIGHT_MS: Final = 600
"""Milliseconds a colour stays: 1.7 changes a second."""


FRAMES: Final = {"min": 10, "max": 40, "fps": 6, "width": 640, "height": 480}
"""What the capture page is asked to take over a challenge: how many frames, how often, of which size."""


class Draw(Protocol):
    """A source of chance, such as secrets.SystemRandom()."""

    def choice(self, seq: tuple[str, ...], /) -> str: ...

    def randint(self, a: int, b: int, /) -> int: ...


def draw_challenge(*, mix: Collection[Part], rng: Draw | None = None) -> Challenge:
    """Draws a challenge from these parts, 4 to 8 s long, unpredictable where rng is; the nonce always is.

    Turn: the neutral first, then three movements (two beside another part), no two alike in a row and at
    least one to a side by 20 to 26 degrees (farther aside, the detector loses some faces), then back: over a
    hundred orders, so that a recorded answer fits another challenge in less than 1 of 100 tries. Raises
    ValueError for an empty mix.
    """
    if not mix:
        raise ValueError("a challenge needs at least one part")
    draw = rng or secrets.SystemRandom()
    steps = [Step(cue="centre", ms=draw.randint(900, 1100))]
    if "turn" in mix:
        steps += _turn(draw, 3 if len(mix) == 1 else 2)
        steps.append(Step(cue="centre", ms=draw.randint(800, 1000)))
    for cue in ("blink", "smile"):
        if cue in mix:
            steps += [Step(cue=cue, ms=draw.randint(1300, 1600)), Step(cue="centre", ms=500)]
    if "light" in mix:
        steps += _light(draw, 4 if "turn" in mix else 7)
    nonce = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return Challenge(nonce=nonce, steps=tuple(steps))


def _turn(draw: Draw, count: int) -> list[Step]:
    cues: list[str] = []
    while not {"left", "right"} & set(cues):
        cues = _without_neighbours(draw, MOVEMENTS, count)
    return [Step(cue=cue, ms=draw.randint(1300, 1500), degrees=_degrees(draw, cue)) for cue in cues]


def _degrees(draw: Draw, cue: str) -> int | None:
    if cue in ("left", "right"):
        return draw.randint(20, 26)
    return 15 if cue in TURNS else None


def _light(draw: Draw, count: int) -> list[Step]:
    return [Step(cue="light", ms=LIGHT_MS, colour=c) for c in _without_neighbours(draw, COLOURS, count)]


def _without_neighbours(draw: Draw, options: tuple[str, ...], count: int) -> list[str]:
    drawn: list[str] = []
    while len(drawn) < count:
        option = draw.choice(options)
        if not drawn or drawn[-1] != option:
            drawn.append(option)
    return drawn
