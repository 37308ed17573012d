"""When what breaks: by chance, from a seed, which repeats it."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random, SystemRandom

from tests.chaos.disturbances import Disturbance
from tests.chaos.estate import Estate

Seconds = tuple[float, float]


def seed(*, new: bool) -> int:
    """Return the seed of this run: CHAOS_SEED, or another each time, or always the same."""
    return int(os.environ.get("CHAOS_SEED", 0)) or (SystemRandom().randrange(1, 10**6) if new else 1)


@dataclass
class Schedule:
    """Breaks one thing after another, all in turns, in an order of chance; for how long is chosen between
    two numbers of seconds. It is quiet from when a person could sign in again. Without `rounds` there is no
    end.
    """

    estate: Estate
    rng: Random
    disturbances: Mapping[str, Disturbance]
    lasts: Seconds = (1.0, 7.0)
    quiet: Seconds = (2.0, 6.0)
    rounds: int | None = None
    happened: Counter[str] = field(default_factory=Counter)

    def run(self, going: Callable[[], bool]) -> None:
        """Break and mend until it is over, and print what happened when."""
        begun = time.monotonic()
        for name in self._names():
            if not going():
                return
            with self.disturbances[name](self.estate, self.rng) as what:
                print(f"{time.monotonic() - begun:6.1f} s  {name}: {what}", flush=True)
                self._pass(self.lasts, going)
            self.happened[name] += 1
            self.estate.await_ready()
            self._pass(self.quiet, going)

    def _names(self) -> Iterator[str]:
        for _ in count() if self.rounds is None else range(self.rounds):
            names = list(self.disturbances)
            self.rng.shuffle(names)
            yield from names

    def _pass(self, between: Seconds, going: Callable[[], bool]) -> None:
        end = time.monotonic() + self.rng.uniform(*between)
        while going() and time.monotonic() < end:
            time.sleep(0.1)
