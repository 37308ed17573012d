"""Which addresses are pushed to: those of known push services, over https (ADR 0393).

A browser hands us an address that its maker chose. Nothing else says that it is one: without a list the
server would call whatever a visitor names.
"""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

MOST: Final = 1000
"""Characters of an address at most."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


def service_of(endpoint: str) -> str:
    """Return the host of a push address; raises ValueError for one that is not to be called."""
    if not 0 < len(endpoint) <= MOST or not endpoint.isascii() or not endpoint.isprintable():
        raise ValueError("not an address")
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port
    if settings.ALLOW_LOOPBACK_FETCH and host in _LOOPBACK:
        return host
    if parts.scheme != "https" or parts.username is not None or port not in {None, 443}:
        raise ValueError("not plain https")
    if not any(host == name or host.endswith(f".{name}") for name in settings.PUSH_SERVICES):
        raise ValueError(f"{host[:100]} is no known push service")
    return host


def origin_of(endpoint: str) -> str:
    """Return scheme, host and port of an address, as a push service names itself (RFC 8292 section 2)."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"
