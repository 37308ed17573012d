"""How gunicorn serves this project: what it says itself, before a request reaches Django."""

import socket
from contextlib import suppress
from typing import Any, Final

from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

# Bytes of method, address and version together (gunicorn's own maximum).
LONGEST_REQUEST_LINE: Final = 8190
_HEAD: Final = (
    "HTTP/1.1 414 URI Too Long",
    "Connection: close",
    "Content-Type: text/html; charset=utf-8",
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    (
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self'; font-src 'self'"
    ),
)
# A connection that is closed with bytes unread is reset, and the page may be lost: so many are read first.
_UNREAD: Final = 256 * 1024
_SECONDS: Final = 1.0


class Worker(ThreadWorker):
    """Threads, and a page for people whose browser was sent here with too long an address."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read."""
        page = too_long_page() if isinstance(exc, LimitRequestLine) else b""
        if not page:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("request line too long from ip=%s", addr[0] if addr else "")
        with suppress(OSError):
            _send_and_close(client, page)


def too_long_page() -> bytes:
    """Return the whole answer to a request line that is too long, b"" where the site has no page for it."""
    try:
        body = get_template("414.html").render().encode()
    except TemplateDoesNotExist:
        return b""
    head = "\r\n".join([*_HEAD, f"Content-Length: {len(body)}", "", ""])
    return head.encode("ascii") + body


def _send_and_close(client: socket.socket, answer: bytes) -> None:
    client.settimeout(_SECONDS)
    client.sendall(answer)
    client.shutdown(socket.SHUT_WR)
    left = _UNREAD
    while left > 0 and (read := len(client.recv(min(left, 16 * 1024)))):
        left -= read
