"""Paths that name a tenant: `/t/<slug>/…`, `/portal/<slug>/…`, and metadata by RFC 8414's form of address."""

import re

# The letters of a slug are those of Django's `<slug:…>`, which the routes are written with.
_PATH = re.compile(r"((?:/\.well-known/[a-z-]+)?/(?:t|portal)/)([-a-zA-Z0-9_]+)((?:/.*)?)", re.DOTALL)


def tenant_path(path: str) -> tuple[str, str, str] | None:
    """Return what stands before the slug, the slug, and what stands after it; None without a tenant."""
    match = _PATH.fullmatch(path)
    return None if match is None else (match[1], match[2], match[3])
