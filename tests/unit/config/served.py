"""A site behind the real worker, in a thread of the test's own process, and lines to it for raw bytes."""

import os
import runpy
import selectors
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from config import serving

SECONDS = 10
OURS = Path(__file__).resolve().parents[3] / "gunicorn.conf.py"
Address = tuple[str, int]


class Site:
    """A WSGI application that notes what it was asked, and says how much of a body it read.

    `/unread…` leaves the body alone; `/long/<n>` answers with so many bytes; `/fails` gives up halfway.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        read = b"" if path.startswith("/unread") else environ["wsgi.input"].read()
        self.asked.append(f"{environ['REQUEST_METHOD']} {path} {len(read)}")
        if path.startswith("/long/"):
            start_response("200 OK", [("Content-Length", path[6:])])
            return [b"x" * int(path[6:])]
        said = f"{path} {len(read)}".encode()
        start_response("200 OK", [("Content-Length", str(len(said)))])
        if path == "/fails":
            return fails(said)
        return [said]


def fails(said: bytes) -> Iterator[bytes]:
    """Begin to answer, and fail."""
    yield said[:1]
    raise RuntimeError("halfway")


@contextmanager
def served(site: Any, **changes: Any) -> Iterator[tuple[Address, serving.Worker]]:
    """Where a worker serves a site as gunicorn.conf.py says, but with few threads; and the worker."""
    config = Config()
    given = {name: value for name, value in runpy.run_path(str(OURS)).items() if name in config.settings}
    given |= {"threads": 2, "keepalive": 5, "graceful_timeout": 1, **changes}
    for name, value in given.items():
        config.set(name, value)
    listener = socket.create_server(("127.0.0.1", 0))
    where = listener.getsockname()
    worker = serving.Worker(0, os.getppid(), [listener], SimpleNamespace(), 30, config, Logger(config))
    worker.wsgi, worker.tpool, worker.poller = site, worker.get_thread_pool(), selectors.DefaultSelector()
    worker.method_queue.init()
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield where, worker
        assert thread.is_alive()
    finally:
        worker.handle_exit(None, None)
        thread.join(SECONDS)
        worker.tmp.close()
    assert not thread.is_alive()
    assert (worker.nr_conns, worker._held, worker._watched) == (0, 0, set())


@contextmanager
def line(address: Address, *pieces: bytes) -> Iterator[socket.socket]:
    """A connection on which these pieces come one after another."""
    with socket.create_connection(address, timeout=SECONDS) as connected:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connected.sendall(piece)
        yield connected


def answer(connected: socket.socket, until: bytes = b"") -> bytes:
    """What is answered, up to these bytes, which have to come; without any, up to the end of the line."""
    received = b""
    while not until or until not in received:
        piece = connected.recv(65536)
        if not piece:
            assert not until, received
            return received
        received += piece
    return received
