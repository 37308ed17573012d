"""One process of a machine at a time: a lock on a folder, waited for no longer than a call may take."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from authsvc.keys.service.interface import CALL_SECONDS, KeyServiceDown

_POLL_SECONDS = 0.005


@contextmanager
def locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder's lock, alone or with others that share it. Raises KeyServiceDown and OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _take(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, folder)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, how: int, folder: Path) -> None:
    until = time.monotonic() + CALL_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise KeyServiceDown(f"{folder} is locked by another process") from None
            time.sleep(_POLL_SECONDS)
