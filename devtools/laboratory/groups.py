"""Which tries an evaluation makes: people and attacks, and what each is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from authsvc.biometrics.challenges import Part
from authsvc.evaluation.pad_report import BONA_FIDE

from .attacks import EITHER, MIXES, SPECIES
from .attacks.recording import Make
from .bona_fide import genuine

BESIDE_TURN: Final[tuple[Part, ...]] = ("light", "blink", "smile")
PEOPLE: Final[dict[str, tuple[Part, ...]]] = {
    BONA_FIDE: ("turn",),
    **{f"{BONA_FIDE}-{part}": ("turn", part) for part in BESIDE_TURN},
}
NAMES: Final = (*SPECIES, *PEOPLE)

Group = tuple[str, Make, tuple[Part, ...]]


def groups(chosen: Sequence[str] | None, beside: Part | None, *, alone: bool = False) -> list[Group]:
    """Returns name, maker and challenge of the chosen species (all of them for None).

    Attacks that are made for no part of their own are asked for `beside` with the turn; those that answer
    light where it is asked for are not asked for it where the turn is `alone`.
    """
    asked: tuple[Part, ...] = ("turn", beside) if beside else ("turn",)
    every: list[Group] = [(name, genuine, mix) for name, mix in PEOPLE.items()]
    mixes = {**MIXES, **dict.fromkeys(EITHER if alone else (), ("turn",))}
    every += [(name, make, mixes.get(name, asked)) for name, make in SPECIES.items()]
    return [group for group in every if not chosen or any(group[0].startswith(name) for name in chosen)]
