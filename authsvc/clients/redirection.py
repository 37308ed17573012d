"""Which addresses people are sent back to: the registered ones, letter for letter, and apps at any port."""

import re
from collections.abc import Iterable
from typing import Final

LOOPBACK_IPS: Final = frozenset({"127.0.0.1", "::1"})
_LOOPBACK: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?([/?].*)?", re.DOTALL)
_PORTS: Final = range(1, 2**16)


def is_among(uri: str, registered: Iterable[str]) -> bool:
    """Whether an address is one of the registered ones.

    The port of http on a loopback IP address does not count: an app takes one that is free at that moment
    (RFC 8252 section 7.3). Everything else is compared letter for letter.
    """
    known = list(registered)
    if uri in known:
        return True
    asked = _without_port(uri)
    return asked is not None and asked in {_without_port(entry) for entry in known}


def _without_port(uri: str) -> tuple[str, str] | None:
    match = _LOOPBACK.fullmatch(uri)
    if match is None or (match[2] is not None and int(match[2]) not in _PORTS):
        return None
    return match[1], match[3] or ""
