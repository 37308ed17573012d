"""Paths that name a tenant: `/t/<slug>/…`, `/portal/<slug>/…`, and metadata by RFC 8414's form of address."""

import re

from django.conf import settings

from authsvc.tenancy.models import Tenant

# The letters of a slug are those of Django's `<slug:…>`, which the routes are written with.
_PATH = re.compile(r"((?:/\.well-known/[a-z-]+)?/(?:t|portal)/)([-a-zA-Z0-9_]+)((?:/.*)?)", re.DOTALL)


def tenant_path(path: str) -> tuple[str, str, str] | None:
    """Return what stands before the slug, the slug, and what stands after it; None without a tenant."""
    match = _PATH.fullmatch(path)
    return None if match is None else (match[1], match[2], match[3])


def tenant_address(tenant: Tenant) -> str:
    """Return where a tenant's pages for people and relying parties begin; its issuer identifier, too.

    A process that has none of these pages, such as the portal's, can say where they stand all the same.
    """
    return f"{settings.BASE_URL}/t/{tenant.slug}/"
