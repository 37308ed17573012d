"""Challenges that the server draws after device proof: what to do, in which order, how far."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from typing import Final, Literal, Protocol

from .types import Challenge, Step

Part = Literal["turn", "light", "blink", "smile"]

SIDES: Final = frozenset({"left", "right"})
TURNS: Final = ("left", "right", "up", "down")
MOVEMENTS: Final = (*TURNS, "nearer", "farther")
COLOURS: Final = ("#ffffff", "#101010", "#ff7020", "#20ff50", "#2060ff", "#ff40d0")
"""Screen colours of the light part. None is a saturated red; they change at under 2 Hz (WCAG 2.2, 2.3.1).
"""

LIGHT_MS: Final = 600
"""Milliseconds a colour stays: 1.7 changes a second."""

MOVEMENTS_ALONE: Final = 4
MOVEMENTS_BESIDE: Final = 3
"""How many movements are asked for, alone and beside another part."""

MOVEMENT_MS: Final = (1100, 1200)
MOVEMENT_BESIDE_MS: Final = (850, 950)
"""Milliseconds that a movement is asked for."""

BACK_MS: Final = (500, 600)
BACK_BESIDE_MS: Final = (850, 950)
"""Milliseconds for the way back: whoever is to hold still in the light has to be there."""

COLOURS_ALONE: Final = 7
COLOURS_BESIDE: Final = 5
"""The same of colours."""


FRAMES: Final = {"min": 10, "max": 40, "fps": 6, "width": 640, "height": 480}
"""What the capture page is asked to take over a challenge: how many frames, how often, of which size."""


class Draw(Protocol):
    """A source of chance, such as secrets.SystemRandom()."""

    def choice(self, seq: tuple[str, ...], /) -> str: ...

    def randint(self, a: int, b: int, /) -> int: ...


def draw_challenge(*, mix: Collection[Part], rng: Draw | None = None) -> Challenge:
    """Draws a challenge from these parts, 4 to 8 s long, unpredictable where rng is; the nonce always is.

    Turn: the neutral first, then four movements (three beside another part), no two alike in a row and at
    least one to a side by 20 to 26 degrees (farther aside, the detector loses some faces), then back. Light:
    five colours after it, no two alike in a row. `variety` says how many there are. Raises ValueError for an
    empty mix.
    """
    if not mix:
        raise ValueError("a challenge needs at least one part")
    draw = rng or secrets.SystemRandom()
    steps = [Step(cue="centre", ms=draw.randint(750, 850))]
    if "turn" in mix:
        steps += _turn(draw, _movements(mix), MOVEMENT_MS if len(mix) == 1 else MOVEMENT_BESIDE_MS)
        steps.append(Step(cue="centre", ms=draw.randint(*(BACK_MS if len(mix) == 1 else BACK_BESIDE_MS))))
    for cue in ("blink", "smile"):
        if cue in mix:
            steps += [Step(cue=cue, ms=draw.randint(1300, 1600)), Step(cue="centre", ms=500)]
    if "light" in mix:
        steps += _light(draw, _colours(mix))
    nonce = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return Challenge(nonce=nonce, steps=tuple(steps))


def variety(mix: Collection[Part]) -> int:
    """Returns how many challenges of these parts differ in what is asked, and not in how long alone.

    Whether the judge tells them apart is measured, not counted (devtools/laboratory/space.py).
    """
    movements, colours = _movements(mix), _colours(mix)
    orders = _series(len(MOVEMENTS), movements) - _series(len(MOVEMENTS) - len(SIDES), movements)
    return (orders if "turn" in mix else 1) * (_series(len(COLOURS), colours) if "light" in mix else 1)


def _series(options: int, count: int) -> int:
    return int(options * (options - 1) ** (count - 1))


def _movements(mix: Collection[Part]) -> int:
    return MOVEMENTS_ALONE if len(mix) == 1 else MOVEMENTS_BESIDE


def _colours(mix: Collection[Part]) -> int:
    return COLOURS_BESIDE if "turn" in mix else COLOURS_ALONE


def _turn(draw: Draw, count: int, lasting: tuple[int, int]) -> list[Step]:
    cues: list[str] = []
    while not SIDES & set(cues):
        cues = _without_neighbours(draw, MOVEMENTS, count)
    return [Step(cue=cue, ms=draw.randint(*lasting), degrees=_degrees(draw, cue)) for cue in cues]


def _degrees(draw: Draw, cue: str) -> int | None:
    if cue in SIDES:
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
