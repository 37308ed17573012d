"""Whether whoever sent the request at hand has proved who they are: a key, a secret, or a live token.

What a stranger is refused is counted against their address, and what others are refused is not
(config/strangers.py). One thread handles one request, so that a note here is of that request.
"""

from contextvars import ContextVar
from typing import Final

_is_proven: Final[ContextVar[bool]] = ContextVar("is_proven", default=False)


def begin_unproven() -> None:
    """Let a request begin, of which nothing is known."""
    _is_proven.set(False)


def note_proof() -> None:
    """Note that whoever sent this request has proved who they are."""
    _is_proven.set(True)


def is_proven() -> bool:
    """Whether that was noted of this request."""
    return _is_proven.get()
