"""How large an estate is, and what share of it the largest tenant has."""

from dataclasses import dataclass
from typing import Final, Self

LARGEST: Final = 0.5
"""So much of everything belongs to the first tenant; the others have equal parts of the rest."""


@dataclass(frozen=True)
class Sizes:
    """How many of each there are."""

    tenants: int = 200
    parties: int = 2_000
    people: int = 1_000_000
    attempts: int = 2_000_000
    events: int = 10_000_000

    @classmethod
    def of(cls, share: float) -> Self:
        """Return the sizes of a share of the whole, at least two tenants with a few of everything."""
        whole = cls()
        return cls(
            tenants=max(2, round(whole.tenants * share)),
            parties=max(4, round(whole.parties * share)),
            people=max(20, round(whole.people * share)),
            attempts=max(40, round(whole.attempts * share)),
            events=max(200, round(whole.events * share)),
        )

    def parts(self, count: int) -> list[int]:
        """Return how many of so many each tenant has."""
        first = round(count * LARGEST)
        each, left = divmod(count - first, self.tenants - 1)
        return [first, *(each + (at < left) for at in range(self.tenants - 1))]
