"""Counting within sliding windows: what every store does alike, and the store of one process's own memory.

Time is cut into windows of a limit's length. What was spent in the window before counts by the part of it
that is not over yet, so that nobody gets twice as much around the end of a window. What was refused costs
nothing, and of several costs all are spent or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple, Protocol

from cachetools import FIFOCache


@dataclass(frozen=True)
class Cost:
    """One of `most` within `length` milliseconds, at a place that names limit and key by a digest."""

    place: str
    most: int
    length: int

    def wait(self, state: "State", passed: int) -> int:
        """Return in how many seconds what is spent has faded so far that there is room for one more."""
        if state.spent < self.most and state.before:
            left = self.length * (self.most - 1 - state.spent) // state.before
            wait = self.length - left - passed
        else:
            left = self.length * (self.most - 1) // state.spent if state.spent else self.length
            wait = 2 * self.length - left - passed
        return max(-(-wait // 1000), 1)

    def has_room(self, state: "State", passed: int) -> bool:
        """Whether one more fits beside what was spent, `passed` milliseconds into the window."""
        weight = state.before * (self.length - passed) + (state.spent + 1) * self.length
        return weight <= self.most * self.length


class State(NamedTuple):
    """What is known of a place: a window's number, what was spent in the one before it, and in it."""

    window: int
    before: int
    spent: int

    def at(self, window: int) -> "State":
        """Return the state in a later window; a clock that is behind a little finds the one that it is in.

        What a clock wrote that was further ahead counts like the window before: nobody waits until time gets
        there.
        """
        if window in (self.window, self.window - 1):
            return self
        fades = window == self.window + 1 or window < self.window
        return State(window, self.spent if fades else 0, 0)


class Full(Exception):
    """One of the costs has no room; `position` says which, `wait` for how many seconds."""

    def __init__(self, position: int, wait: int) -> None:
        super().__init__(f"cost {position} is full for {wait} s")
        self.position = position
        self.wait = wait


class Counters(Protocol):
    """A store. `at` is in milliseconds; what it raises beside Full says that it cannot be asked."""

    def spend(self, costs: Sequence[Cost], at: int) -> None:
        """Count one at each place, or nothing at all and raise Full for the first that has no room."""

    def give_back(self, costs: Sequence[Cost], at: int) -> None:
        """Take back one at each place, where it was spent in this window."""

    def forget_all(self) -> None:
        """Drop everything that was counted; for tests."""


class MemoryCounters:
    """The counters of this process alone: a bound while the store cannot be asked, and the store of tests.

    A full memory throws the oldest out; it takes more of them than a flood makes in a window.
    """

    def __init__(self, capacity: int = 100_000) -> None:
        self._states: FIFOCache[str, State] = FIFOCache(capacity)
        self._lock = Lock()

    def spend(self, costs: Sequence[Cost], at: int) -> None:
        """See Counters."""
        with self._lock:
            states = []
            for position, cost in enumerate(costs):
                window, passed = divmod(at, cost.length)
                state = self._states.get(cost.place, State(window, 0, 0)).at(window)
                if not cost.has_room(state, passed):
                    raise Full(position, cost.wait(state, passed))
                states.append(state)
            for cost, state in zip(costs, states, strict=True):
                self._states[cost.place] = state._replace(spent=state.spent + 1)

    def give_back(self, costs: Sequence[Cost], at: int) -> None:
        """See Counters."""
        with self._lock:
            for cost in costs:
                state = self._states.get(cost.place)
                if state is not None and state.window == at // cost.length and state.spent:
                    self._states[cost.place] = state._replace(spent=state.spent - 1)

    def forget_all(self) -> None:
        """See Counters."""
        with self._lock:
            self._states.clear()
