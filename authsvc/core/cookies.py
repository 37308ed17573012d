"""Cookies that nobody but this host itself can have set."""

from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.http import HttpResponse

SameSite = Literal["Lax", "Strict"]


def host_name(name: str) -> str:
    """Return the name under which a cookie is kept: over https one with the prefix `__Host-`.

    A browser takes such a cookie from this very host alone, over https, so no other site of the same domain
    and nobody on the wire can plant one (RFC 6265bis section 4.1.3.2). Over plain http, which is for the
    machine one develops on, browsers refuse the prefix, and the plain name is used.
    """
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def keep(
    response: HttpResponse,
    name: str,
    value: str,
    *,
    samesite: SameSite = "Lax",
    life: timedelta | None = None,
) -> None:
    """Let the browser keep a cookie that no script reads, under the name that `host_name` gave.

    Without `life` it ends with the browser.
    """
    response.set_cookie(
        name,
        value,
        max_age=life,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=samesite,
    )


def forget(response: HttpResponse, name: str, *, samesite: SameSite = "Lax") -> None:
    """Take a cookie from the browser."""
    response.delete_cookie(name, path="/", samesite=samesite)
