"""A relying party that believes every token it is given: what the test bench is there to find."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode

import requests


class Careless:
    """It signs in whoever brings a code, by claims that it reads and does not check."""

    def __init__(self) -> None:
        self.url = ""
        self.issuer = self.client_id = self.secret = ""
        self._members: set[str] = set()

    def answer(self, path: str, cookie: str) -> tuple[int, str, str]:
        """Return a status, where to go on, and a cookie to set."""
        place, _, query = path.partition("?")
        if place == "/start":
            asked = {
                "client_id": self.client_id,
                "redirect_uri": f"{self.url}/cb",
                "response_type": "code",
                "scope": "openid",
                "nonce": secrets.token_urlsafe(8),
                "acr_values": "urn:visor:L2",
                "max_age": "60",
            }
            return 302, f"{self.issuer}authorize?{urlencode(asked)}", ""
        if place == "/cb":
            return 302, "/members", self._sign_in(parse_qs(query)["code"][0])
        if place == "/members":
            return (200 if cookie in self._members else 403), "", ""
        return 404, "", ""

    def _sign_in(self, code: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{self.url}/cb"}
        answer = requests.post(f"{self.issuer}token", form, auth=(self.client_id, self.secret), timeout=10)
        body = answer.json()["id_token"].split(".")[1]
        json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        made = f"member={secrets.token_urlsafe(8)}"
        self._members.add(made)
        return made


@contextmanager
def careless() -> Iterator[Careless]:
    """Serve one on a free port of the loopback interface while the block runs."""
    site = Careless()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, onward, cookie = site.answer(self.path, self.headers.get("Cookie", ""))
            self.send_response(status)
            if onward:
                self.send_header("Location", onward)
            if cookie:
                self.send_header("Set-Cookie", f"{cookie}; Path=/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
