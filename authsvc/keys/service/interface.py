"""What every place for keys offers, and what can go wrong there."""

import hashlib
import re
from typing import Final, Protocol

# The longest that a call may take, in seconds. What waits for a key refuses the person then, calmly.
CALL_SECONDS: Final = 5.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:-]{0,199}")
_VERSION_BYTES = 4


class KeyServiceProblem(Exception):
    """A key could not be used; whoever asked goes on without what it protects."""


class BadName(KeyServiceProblem):
    """The name is none that every place can hold."""


class KeyGone(KeyServiceProblem):
    """The key was destroyed, or there never was one of this name."""


class CannotUnwrap(KeyServiceProblem):
    """The key, the context or the content is not the one that was wrapped, or its version is retired."""


class NotAllowed(KeyServiceProblem):
    """The key belongs to processes of another role."""


class KeyServiceDown(KeyServiceProblem):
    """The place does not answer within CALL_SECONDS, or answers with a fault of its own."""


class KeyService(Protocol):
    """Keys that never leave their place, and counters that nobody turns back with the database.

    A name is letters, digits and `_./:-`, 200 characters at most. Every call raises KeyServiceDown where the
    place does not answer in time, and NotAllowed where it refuses this process.
    """

    def create(self, name: str) -> None:
        """Make a key of this name where there is none; raises KeyGone where one was destroyed."""
        ...

    def wrap(self, name: str, plaintext: bytes, aad: bytes) -> bytes:
        """Return `plaintext` under the key's newest version, bound to the context `aad`; raises KeyGone."""
        ...

    def unwrap(self, name: str, ciphertext: bytes, aad: bytes) -> bytes:
        """Return what `wrap` wrapped in the same context; raises KeyGone and CannotUnwrap."""
        ...

    def is_current(self, name: str, ciphertext: bytes) -> bool:
        """Tell whether this was wrapped under the key's newest version; raises KeyGone."""
        ...

    def rotate(self, name: str) -> None:
        """Give the key a newer version; older ones unwrap until `retire`; raises KeyGone."""
        ...

    def retire(self, name: str) -> None:
        """Destroy every version but the newest; raises KeyGone."""
        ...

    def destroy(self, name: str) -> None:
        """Destroy the key for good: none of this name can be made again. A second time changes nothing."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether there is such a key."""
        ...

    def advance(self, name: str, at_least: int | None = None) -> int:
        """Return the counter after adding one, or after raising it to `at_least` where it is below that."""
        ...

    def current(self, name: str) -> int:
        """Return the counter, 0 where it was never advanced."""
        ...


def address(name: str) -> str:
    """Return the 64 hexadecimal digits under which a place keeps a name. Raises BadName."""
    if not _NAME.fullmatch(name):
        raise BadName(f"{name[:40]!r} is no name of a key")
    return hashlib.sha256(name.encode()).hexdigest()


def raised(value: int, at_least: int | None) -> int:
    """Return what a counter at `value` becomes, as `advance` says."""
    return value + 1 if at_least is None else max(value, at_least)


def with_version(version: int, content: bytes) -> bytes:
    """Return wrapped content with the key's version before it (4 bytes, big-endian)."""
    return version.to_bytes(_VERSION_BYTES) + content


def split_version(ciphertext: bytes) -> tuple[int, bytes]:
    """Return version and content of what `with_version` made. Raises CannotUnwrap."""
    if len(ciphertext) <= _VERSION_BYTES:
        raise CannotUnwrap("not a wrapped value")
    return int.from_bytes(ciphertext[:_VERSION_BYTES]), ciphertext[_VERSION_BYTES:]
