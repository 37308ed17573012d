"""The cookie that ties a transaction to the one browser that opened it (docs/protocol.md section 1)."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from authsvc.core.ids import new_secret

COOKIE = "visor_agent"
_KEY = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def browser_key(request: HttpRequest | Request) -> str | None:
    """Return the browser's key, 43 characters of base64url, or None where it has none of that form."""
    key = request.COOKIES.get(COOKIE, "")
    return key if _KEY.match(key) else None


def ensure_browser_key(request: HttpRequest | Request) -> tuple[str, bool]:
    """Return the browser's key and whether it is new, in which case the answer must set it."""
    key = browser_key(request)
    return (key, False) if key else (new_secret(), True)


def set_browser_key(response: HttpResponse, key: str) -> None:
    """Store the key in the browser: out of reach of scripts, and not sent along by other sites' posts."""
    response.set_cookie(
        COOKIE, key, httponly=True, samesite="Lax", secure=settings.BASE_URL.startswith("https:"), path="/"
    )
