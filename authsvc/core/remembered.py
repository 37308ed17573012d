"""What a process remembers for some seconds, so that it need not ask again; one reset for all of it."""

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

from cachetools import FIFOCache
from django.db import InterfaceError, OperationalError

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

# The database cannot be asked.
_OUTAGE: Final = (OperationalError, InterfaceError)
# Seconds until it is asked again, by whoever comes then.
_AGAIN: Final = 2.0

_all: "WeakSet[Remembered[Any, Any]]" = WeakSet()


class Remembered(Generic[Key, Value]):
    """Values by key, each for `seconds`, at most `capacity` of them; the oldest leaves first.

    While the database cannot be asked for a newer one, a value stays for `outlasts` seconds more.

    Threads may share one. A read takes no lock: it changes nothing, and each entry is one object.
    (cachetools' TTLCache writes at each read, and with the lock that it needs costs several times as much.)
    """

    def __init__(self, *, seconds: float, capacity: int = 5000, outlasts: float = 0) -> None:
        self._seconds, self._outlasts = seconds, outlasts
        # Until when, the value, and until when at most.
        self._kept: FIFOCache[Key, tuple[float, Value, float]] = FIFOCache(capacity)
        self._writing = Lock()
        _all.add(self)

    def get(self, key: Key) -> Value | None:
        """Return what is remembered, None where that is nothing or too old."""
        try:
            until, value, _ = self._kept[key]
        except KeyError:
            return None
        return value if monotonic() < until else None

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return what is remembered; where that is nothing, make it, remember it and return it.

        What `make` raises goes to the caller, and nothing is remembered. Two threads may make it at once.
        """
        found = self.get(key)
        if found is not None:
            return found
        try:
            return self.keep(key, make())
        except _OUTAGE:
            if not self._outlasts or not self._stays(key):
                raise
            return self._kept[key][1]

    def _stays(self, key: Key) -> bool:
        """Let an old value stay a little longer; False where there is none, or it is too old for that too."""
        with self._writing:
            kept = self._kept.get(key)
            if kept is None or monotonic() >= kept[2]:
                return False
            self._kept[key] = (monotonic() + _AGAIN, kept[1], kept[2])
            return True

    def keep(self, key: Key, value: Value, *, seconds: float | None = None) -> Value:
        """Remember a value from now on, for another time than the others where `seconds` is given."""
        until = monotonic() + (self._seconds if seconds is None else seconds)
        with self._writing:
            self._kept[key] = (until, value, until + self._outlasts)
        return value

    def forget(self, key: Key) -> None:
        """Drop one value, if it is remembered."""
        with self._writing:
            self._kept.pop(key, None)

    def forget_where(self, unwanted: Callable[[Key, Value], bool]) -> None:
        """Drop the values for which `unwanted` says so."""
        with self._writing:
            for key in [key for key, (_, value, _) in self._kept.items() if unwanted(key, value)]:
                del self._kept[key]

    def forget_all(self) -> None:
        """Drop every value."""
        with self._writing:
            self._kept.clear()


def forget_everything() -> None:
    """Drop all that this process remembers; for tests, of which each begins with nothing remembered."""
    for remembered in list(_all):
        remembered.forget_all()
