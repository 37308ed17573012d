"""What a process remembers for some seconds, so that it need not ask again; one reset for all of it."""

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from cachetools import FIFOCache

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_all: "WeakSet[Remembered[Any, Any]]" = WeakSet()


class Remembered(Generic[Key, Value]):
    """Values by key, each for `seconds`, at most `capacity` of them; the oldest leaves first.

    Threads may share one. A read takes no lock: it changes nothing, and each entry is one object.
    (cachetools' TTLCache writes at each read, and with the lock that it needs costs several times as much.)
    """

    def __init__(self, *, seconds: float, capacity: int = 5000) -> None:
        self._seconds = seconds
        self._kept: FIFOCache[Key, tuple[float, Value]] = FIFOCache(capacity)
        self._writing = Lock()
        _all.add(self)

    def get(self, key: Key) -> Value | None:
        """Return what is remembered, None where that is nothing or too old."""
        try:
            until, value = self._kept[key]
        except KeyError:
            return None
        return value if monotonic() < until else None

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return what is remembered; where that is nothing, make it, remember it and return it.

        What `make` raises goes to the caller, and nothing is remembered. Two threads may make it at once.
        """
        found = self.get(key)
        return self.keep(key, make()) if found is None else found

    def keep(self, key: Key, value: Value, *, seconds: float | None = None) -> Value:
        """Remember a value from now on, for another time than the others where `seconds` is given."""
        until = monotonic() + (self._seconds if seconds is None else seconds)
        with self._writing:
            self._kept[key] = (until, value)
        return value

    def forget(self, key: Key) -> None:
        """Drop one value, if it is remembered."""
        with self._writing:
            self._kept.pop(key, None)

    def forget_where(self, unwanted: Callable[[Key, Value], bool]) -> None:
        """Drop the values for which `unwanted` says so."""
        with self._writing:
            for key in [key for key, (_, value) in self._kept.items() if unwanted(key, value)]:
                del self._kept[key]

    def forget_all(self) -> None:
        """Drop every value."""
        with self._writing:
            self._kept.clear()


def forget_everything() -> None:
    """Drop all that this process remembers; for tests, of which each begins with nothing remembered."""
    for remembered in list(_all):
        remembered.forget_all()
