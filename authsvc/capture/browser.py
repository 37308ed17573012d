"""The cookies that tie each transaction to the one browser that began it (docs/protocol.md section 1).

A cookie a transaction, named after it. Its value is a secret that the server made for this transaction, and
makes anew when the person has used a passkey: whatever was planted in a browser before opens nothing.

A page within another site's gets no cookie of ours from most browsers. The page of a session of liveness
holds its key itself, and sends it in a header, which no other site can have a browser send.
"""

import re
from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from authsvc.core import cookies

# Longer than any transaction: who comes back to one that has ended is told so.
_LIFE = timedelta(hours=1)
# Of those a browser holds, so that its requests stay short whatever other sites make it open.
MOST = 8
_NAME = "visor_txn_"
HEADER: Final = "Visor-Agent-Key"
_ID = re.compile(r"[A-Za-z0-9_-]{24}\Z")
_KEY = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def cookie_name(transaction: str) -> str:
    """Return the name of the cookie that holds the key of a transaction."""
    return cookies.host_name(_NAME + transaction)


def browser_key(request: HttpRequest | Request, transaction: str) -> str | None:
    """Return the browser's key of a transaction, 43 characters of base64url, None where it has none."""
    key = request.headers.get(HEADER) or request.COOKIES.get(cookie_name(transaction), "")
    return key if _KEY.match(key) else None


def browser_keys(request: HttpRequest | Request) -> dict[str, str]:
    """Return all keys that the browser holds, by the ids of their transactions, the oldest first."""
    start = cookie_name("")
    held = {name.removeprefix(start): key for name, key in request.COOKIES.items() if name.startswith(start)}
    return {name: key for name, key in held.items() if _ID.match(name) and _KEY.match(key)}


def set_browser_key(
    request: HttpRequest | Request, response: HttpResponse, transaction: str, key: str
) -> None:
    """Let the browser keep the key of a transaction, and forget the oldest of those beyond MOST.

    Scripts cannot read it, and other sites' posts do not bring it along.
    """
    others = [name for name in browser_keys(request) if name != transaction]
    for old in others[: max(0, len(others) + 1 - MOST)]:
        cookies.forget(response, cookie_name(old))
    cookies.keep(response, cookie_name(transaction), key, life=_LIFE)
