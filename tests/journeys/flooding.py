"""A flood: one address asks one organisation for everything that needs no proof, as fast as it is answered.

A program of its own, of which a test reads what was answered: the flood takes nothing of the interpreter in
which others are measured, and its priority is the lowest, as a stranger has a machine of their own.
`python -m tests.journeys.flooding ISSUER` goes on until its input ends.
"""

import contextlib
import json
import os
import secrets
import socket
import sys
from collections import Counter
from collections.abc import Callable
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

# Not that of the people (127.0.0.1), as with every flood that comes from somewhere.
STRANGER = "127.0.0.2"
CLIENT = "flood"
REDIRECT_URI = "https://flood.example/callback"
AT_ONCE = 4
HALF_OPEN = 20
HALVES = (
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
)
ASKED = {
    "client_id": CLIENT,
    "response_type": "code",
    "scope": "openid",
    "redirect_uri": REDIRECT_URI,
    "code_challenge": "A" * 43,
    "code_challenge_method": "S256",
    "state": "s" * 500,
}
Ask = Callable[[requests.Session], requests.Response]


class FromAddress(HTTPAdapter):
    """Connects from an address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **{**more, "source_address": (self._address, 0)})


def asks(issuer: str) -> list[Ask]:
    """Return what is asked in turn."""

    def at(path: str, **query: str) -> str:
        return f"{issuer}/{path}?{urlencode(query)}" if query else f"{issuer}/{path}"

    return [
        lambda http: http.get(at("authorize", **ASKED, nonce=secrets.token_hex(8)), allow_redirects=False),
        lambda http: http.get(at("authorize", **ASKED, nonce=secrets.token_hex(8))),
        lambda http: http.get(at("authorize", client_id=CLIENT, redirect_uri="https://evil.example")),
        lambda http: http.post(at("par"), data={**ASKED, "client_secret": "wrong"}),
        lambda http: http.post(at("token"), data={"grant_type": "authorization_code", "code": "x"}),
        lambda http: http.post(
            at("backchannel-authentication"), data={"client_id": CLIENT, "login_hint": "x"}
        ),
        lambda http: http.post(at("register"), json={"redirect_uris": [REDIRECT_URI]}),
        lambda http: http.get(at("userinfo"), headers={"Authorization": "Bearer x"}),
        lambda http: http.post(at("authorize"), files={"file": b"x" * 100_000}),
        lambda http: http.post(at("agent/x/sample"), data=bytes(1_000_000)),
        lambda http: http.get(at("agent/x/status")),
        lambda http: http.post(at("passkeys/"), headers={"Origin": "x"}),
        lambda http: http.get(at("enrol/none/")),
        lambda http: http.get(at("me/")),
        lambda http: http.get(at(".well-known/openid-configuration")),
    ]


def ask(issuer: str, first: int, over: Event, statuses: Counter[int]) -> None:
    """Ask for one after another until it is over; 0 counts what was not answered."""
    http = requests.Session()
    http.mount("http://", FromAddress(STRANGER))
    turns = asks(issuer)
    while not over.is_set():
        try:
            statuses[turns[first % len(turns)](http).status_code] += 1
        except requests.RequestException:
            statuses[0] += 1
        first += 1


def half_open(issuer: str, over: Event) -> None:
    """Keep connections open on which a request never ends."""
    where = urlsplit(issuer)
    while not over.is_set():
        with contextlib.ExitStack() as lines, contextlib.suppress(OSError):
            for number in range(HALF_OPEN):
                line = socket.create_connection((where.hostname or "", where.port or 80), 5, (STRANGER, 0))
                lines.enter_context(line).sendall(HALVES[number % len(HALVES)])
            over.wait(5)


def main() -> None:
    """Flood until the input ends, and print how often which status was answered."""
    os.nice(19)
    over, issuer = Event(), sys.argv[1]
    counts: list[Counter[int]] = [Counter() for _ in range(AT_ONCE)]
    threads = [Thread(target=half_open, args=(issuer, over))]
    threads += [
        Thread(target=ask, args=(issuer, 4 * number, over, each)) for number, each in enumerate(counts)
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(sum(counts, Counter())))


if __name__ == "__main__":
    main()
