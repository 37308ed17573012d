"""Takes the secrets file anew when it has changed, so that keys are rotated while the process runs.

Whoever reads a key finds the file as it was a second ago, at most. Django reads its own key by itself: a
request or a task that begins finds that one as fresh.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final

from django.conf import settings

from config import secrets
from config.secrets import SecretsProblem

LOOK_EVERY_SECONDS: Final = 1.0
logger = logging.getLogger(__name__)
Stamp = tuple[int, int, int]


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


class LiveSecrets(Mapping[str, bytes]):
    """The keys of this process by name, as its secrets file holds them now."""

    def __init__(self, path: Path, keys: Mapping[str, bytes]) -> None:
        """Begin with the keys that were read at the start."""
        self._path = path
        self._keys = keys
        self._stamp = _stamp(path)
        self._next_look = monotonic() + LOOK_EVERY_SECONDS

    def __getitem__(self, name: str) -> bytes:
        self.refresh()
        return self._keys[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a key, or `default`; written out, as every row that is read asks for several."""
        if monotonic() >= self._next_look:
            self.refresh()
        return self._keys.get(name, default)

    def __iter__(self) -> Iterator[str]:
        self.refresh()
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def refresh(self, **_: object) -> None:
        """Look once a second whether the file is another one; keep what is held if it is broken."""
        if monotonic() < self._next_look:
            return
        self._next_look = monotonic() + LOOK_EVERY_SECONDS
        found = _stamp(self._path)
        if found is not None and found != self._stamp:
            self._stamp = found
            self._take()

    def _take(self) -> None:
        try:
            fresh = secrets.load(self._path, settings.ROLES)
        except (SecretsProblem, ValueError, KeyError) as problem:
            logger.error("the secrets file was changed and cannot be used: %s", problem)
            return
        self._keys = fresh.keys
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = fresh.django_key, fresh.django_fallbacks
        logger.info("the secrets file was read again")
