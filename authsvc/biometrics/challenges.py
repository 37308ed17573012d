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
WHITE: Final = "#ffffff"
COLOURS: Final = ("#ff6868", "#ffff00", "#00ff00", "#00ffff", "#0000ff", "#ff00ff")
"""Screen colours of the light part: hues, since a head that moves alters how bright it is far more than of
which hue. None is a saturated red, and none stays for less than 400 ms (WCAG 2.2, 2.3.1).
"""

LIGHT_MS: Final = 600
"""Milliseconds a colour stays where the head is still: 1.7 changes a second."""

MOVEMENTS_ALONE: Final = 4
MOVEMENTS_BESIDE: Final = 3
"""How many movements are asked for, alone and beside another part."""

MOVEMENT_MS: Final = (1100, 1200)
MOVEMENT_BESIDE_MS: Final = (850, 950)
"""Milliseconds that a movement is asked for where the screen keeps its colour."""

BACK_MS: Final = (500, 600)
BACK_BESIDE_MS: Final = (850, 950)
"""Milliseconds for the way back."""

COLOURS_ALONE: Final = 7
"""How many colours are shown to a head that is still."""

FEWEST_HUES: Final = 4
"""How many hues of a challenge differ at least: five colours with the neutral's white."""

SWEPT_NEUTRAL_MS: Final = (500, 550)
SWEPT_FIRST_MS: Final = 400
SWEPT_SECOND_MS: Final = 900
COLOURS_A_MOVEMENT: Final = 2
"""A movement under the light is two steps of one cue and two colours: one while the person reacts, and one
that ends when the head has followed, SWEPT_FIRST_MS after it began at the earliest.
"""

FRAMES: Final = {"min": 10, "max": 40, "fps": 8, "width": 640, "height": 480}
"""What the capture page is asked to take over a challenge: how many frames, how often, of which size."""


class Draw(Protocol):
    """A source of chance, such as secrets.SystemRandom()."""

    def choice(self, seq: tuple[str, ...], /) -> str: ...

    def randint(self, a: int, b: int, /) -> int: ...


def draw_challenge(*, mix: Collection[Part], rng: Draw | None = None) -> Challenge:
    """Draws a challenge from these parts, unpredictable where rng is; the nonce always is.

    Turn: the neutral first, then four movements (three beside another part), no two alike in a row and at
    least one to a side by 20 to 26 degrees (farther aside, the detector loses some faces), then back. With
    light the screen changes under the movements, and nothing brings the head back: 2.9 to 4.5 s, by how fast
    it is followed. `variety` says how many there are. Raises ValueError for an empty mix.
    """
    if not mix:
        raise ValueError("a challenge needs at least one part")
    draw = rng or secrets.SystemRandom()
    if "turn" in mix and "light" in mix:
        steps = _swept(draw)
    elif "turn" in mix:
        steps = _turned(draw, alone=len(mix) == 1)
    else:
        steps = [Step(cue="centre", ms=draw.randint(750, 850))]
    rest = [cue for cue in ("blink", "smile") if cue in mix]
    if rest and "light" in mix and "turn" in mix:
        steps.append(Step(cue="centre", ms=draw.randint(*BACK_BESIDE_MS)))
    for cue in rest:
        steps += [Step(cue=cue, ms=draw.randint(1300, 1600)), Step(cue="centre", ms=500)]
    if "light" in mix and "turn" not in mix:
        steps += [Step(cue="light", ms=LIGHT_MS, colour=c) for c in _hues(draw, COLOURS_ALONE)]
    nonce = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return Challenge(nonce=nonce, steps=tuple(steps))


def variety(mix: Collection[Part]) -> int:
    """Returns how many challenges of these parts differ in what is asked, and not in how long alone.

    Whether the judge tells them apart is measured, not counted (devtools/laboratory/space.py).
    """
    movements, colours = _movements(mix), _colours(mix)
    orders = _series(len(MOVEMENTS), movements) - _series(len(MOVEMENTS) - len(SIDES), movements)
    hues = _series(len(COLOURS), colours, different=FEWEST_HUES)
    return (orders if "turn" in mix else 1) * (hues if "light" in mix else 1)


def _series(options: int, count: int, *, different: int = 1) -> int:
    """Return how many series have no two alike in a row and at least so many that differ."""
    ways = {1: options}
    for _ in range(count - 1):
        ways = {
            used: ways.get(used, 0) * (used - 1) + ways.get(used - 1, 0) * (options - used + 1)
            for used in range(1, options + 1)
        }
    return sum(number for used, number in ways.items() if used >= different)


def _movements(mix: Collection[Part]) -> int:
    return MOVEMENTS_ALONE if len(mix) == 1 else MOVEMENTS_BESIDE


def _colours(mix: Collection[Part]) -> int:
    return MOVEMENTS_BESIDE * COLOURS_A_MOVEMENT if "turn" in mix else COLOURS_ALONE


def _swept(draw: Draw) -> list[Step]:
    """Draws movements under the light. The neutral is white: what is compared and kept has no hue laid on."""
    cues = _cues(draw, MOVEMENTS_BESIDE)
    hues = iter(_hues(draw, len(cues) * COLOURS_A_MOVEMENT))
    steps = [Step(cue="centre", ms=draw.randint(*SWEPT_NEUTRAL_MS), colour=WHITE)]
    for cue in cues:
        far = _degrees(draw, cue)
        steps.append(Step(cue, SWEPT_FIRST_MS, far, next(hues)))
        steps.append(Step(cue, SWEPT_SECOND_MS, far, next(hues), least=SWEPT_FIRST_MS))
    return steps


def _turned(draw: Draw, *, alone: bool) -> list[Step]:
    lasting, back = (MOVEMENT_MS, BACK_MS) if alone else (MOVEMENT_BESIDE_MS, BACK_BESIDE_MS)
    cues = _cues(draw, MOVEMENTS_ALONE if alone else MOVEMENTS_BESIDE)
    moves = [Step(cue, draw.randint(*lasting), _degrees(draw, cue)) for cue in cues]
    neutral = Step(cue="centre", ms=draw.randint(750, 850))
    return [neutral, *moves, Step(cue="centre", ms=draw.randint(*back))]


def _cues(draw: Draw, count: int) -> list[str]:
    cues: list[str] = []
    while not SIDES & set(cues):
        cues = _without_neighbours(draw, MOVEMENTS, count)
    return cues


def _degrees(draw: Draw, cue: str) -> int | None:
    if cue in SIDES:
        return draw.randint(20, 26)
    return 15 if cue in TURNS else None


def _hues(draw: Draw, count: int) -> list[str]:
    hues: list[str] = []
    while len(set(hues)) < FEWEST_HUES:
        hues = _without_neighbours(draw, COLOURS, count)
    return hues


def _without_neighbours(draw: Draw, options: tuple[str, ...], count: int) -> list[str]:
    drawn: list[str] = []
    while len(drawn) < count:
        option = draw.choice(options)
        if not drawn or drawn[-1] != option:
            drawn.append(option)
    return drawn
