"""What every store of references offers, and what can go wrong there (docs/adr/0450)."""

from typing import Final, Protocol

from authsvc.core.components import ComponentKind

CALL_SECONDS: Final = 5.0
"""The longest that a call may take. Whoever waits for it asks the person again, calmly."""
MOST_BYTES: Final = 64 * 1024
"""More than a sealed template ever has; a store that sends more is not listened to."""


class StoreProblem(Exception):
    """A store did not do what it was asked; the message says what, for auditors."""


class StoreAway(StoreProblem):
    """The store does not answer in time, or answers with a fault of its own."""


class NotThere(StoreProblem):
    """The store says that it has nothing of this name."""


class Untrue(StoreProblem):
    """What a store gave back is not what it was given; `how` is `altered` or `lost`."""

    def __init__(self, how: str, said: str) -> None:
        super().__init__(said)
        self.how = how


class ReferenceStore(Protocol):
    """Keeps what is sealed, by name. It is believed in nothing: what comes back is held against its digest.

    `kind` is the part of the installation that it is, whose grade and region count (core/components.py).
    Every call raises StoreAway where the store does not answer within CALL_SECONDS.
    """

    kind: ComponentKind

    def put(self, name: str, content: bytes) -> None:
        """Keep a content under a name, in place of any that is there."""
        ...

    def get(self, name: str) -> bytes:
        """Return what is kept under a name, whatever it is; raises NotThere."""
        ...

    def delete(self, name: str) -> None:
        """Keep nothing under a name; where there is nothing, that is well."""
        ...
