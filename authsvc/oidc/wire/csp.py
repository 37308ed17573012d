"""Letting one page of ours load, or send its form to, an address of a relying party."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpResponse

# CSP 3 section 2.3.1; whatever else stood in a header would begin a directive, or take the header away.
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?(:[0-9]{1,5})?")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")


def source_of(uri: str) -> str | None:
    """Return what a Content-Security-Policy calls the origin of a registered address; None where it cannot.

    An app's own scheme stands for itself, and so does http for a loopback address of IP version 6, for which
    the policy's language has no word. A host of other scripts is written as xn--.
    """
    try:
        parts = urlsplit(uri)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return None
    if not _SCHEME.fullmatch(parts.scheme):
        return None
    if parts.scheme not in {"http", "https"} or ":" in host:
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{host}{port}" if _AUTHORITY.fullmatch(host + port) else None


def allow(response: HttpResponse, directive: str, *uris: str) -> None:
    """Add the addresses' origins to one directive of this response's Content-Security-Policy."""
    page: Any = response
    update: dict[str, list[str]] = getattr(response, "_csp_update", {})
    sources = {*update.get(directive, []), *filter(None, map(source_of, uris))}
    page._csp_update = {**update, directive: sorted(sources)}
