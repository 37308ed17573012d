"""Chance that can be had again, for what draws a challenge."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws as secrets.SystemRandom does, from a seeded generator."""

    rng: np.random.Generator

    def choice(self, seq: tuple[str, ...], /) -> str:
        """Return one of the sequence."""
        return seq[int(self.rng.integers(len(seq)))]

    def randint(self, a: int, b: int, /) -> int:
        """Return a number from a to b, both of them among."""
        return int(self.rng.integers(a, b + 1))
