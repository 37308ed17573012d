"""People at the other end of a connection who send slowly, or not at all, or never close it."""

import contextlib
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
POST = b"POST /t/demo/token HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FORM
# What each sends, and leaves the rest out.
BEGINNINGS = {
    "nothing": b"",
    "half a head": HEAD + b"X-A",
    "no body": POST + b"Content-Length: 1000\r\n\r\n",
    "half a body": POST + b"Content-Length: 1000\r\n\r\na=b",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n100\r\na=b",
    "an end within a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n100\r\n\r\n0\r\n\r\n",
    "one and a half": HEAD + b"\r\n" + HEAD,
    "never closing": HEAD + b"Connection: close\r\n\r\n",
    "a long body refused": POST + b"Content-Length: 100000000\r\n\r\n" + b"x" * 1000,
}


@contextlib.contextmanager
def connections(port: int, count: int, beginning: bytes) -> Iterator[list[socket.socket]]:
    """Hold so many connections open, each with this much sent."""
    held: list[socket.socket] = []
    try:
        for number in range(count):
            here = (f"127.0.0.{2 + number % 10}", 0)  # not where anybody else comes from
            one = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=here)
            if beginning:
                one.sendall(beginning)
            held.append(one)
        yield held
    finally:
        for one in held:
            one.close()


def drip(held: list[socket.socket]) -> None:
    """Send one byte more on each that is still open."""
    for one in held:
        with contextlib.suppress(OSError):
            one.sendall(b"x")


def seconds_to_answer(port: int, path: str = "/healthz", host: str = "127.0.0.1") -> float:
    """Return how long somebody else waits for an answer of 200."""
    begun = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    finally:
        connection.close()
    return time.monotonic() - begun
