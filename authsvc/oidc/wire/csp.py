"""Letting one page of ours load, or send its form to, an address of a relying party."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse


def origin_of(uri: str) -> str:
    """Return scheme and authority of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def allow(response: HttpResponse, directive: str, *uris: str) -> None:
    """Add the addresses' origins to one directive of this response's Content-Security-Policy."""
    page: Any = response
    update: dict[str, list[str]] = getattr(response, "_csp_update", {})
    origins = {*update.get(directive, []), *map(origin_of, uris)}
    page._csp_update = {**update, directive: sorted(origins)}
