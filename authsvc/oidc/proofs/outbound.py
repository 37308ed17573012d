"""Calls to addresses that clients registered: one at a time for each host."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from urllib.parse import urlsplit

from authsvc.core.fetch import FetchRefused

# A request waits this long for another one's call to the same host, in seconds.
WAIT = 1.0
_CAPACITY = 1000
_busy: dict[str, Lock] = {}


@contextmanager
def turn_of(uri: str) -> Iterator[None]:
    """Hold the one call that this process makes to a host while the block runs.

    Raises FetchRefused where another call does not end in time: whoever drives requests that lead to a
    slow address must not occupy every worker.
    """
    if len(_busy) > _CAPACITY:
        _busy.clear()
    lock = _busy.setdefault(urlsplit(uri).netloc, Lock())
    if not lock.acquire(timeout=WAIT):
        raise FetchRefused("another call to this host has not ended")
    try:
        yield
    finally:
        lock.release()
