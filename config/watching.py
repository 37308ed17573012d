"""A port of each process for those who watch it: probes, and Prometheus (docs/monitoring.md).

    /live      the process works; whoever hears nothing starts it anew
    /serving   what its own work needs is there; whoever hears no sends nobody to it
    /ready     a person could sign in with their face right now; each part is named
    /metrics   what is counted

A thread of its own answers, apart from those that serve requests: it hears while all of them hang, and asks
for no host, no header and no secret. So the port (VISOR_WATCH_ADDRESS) is for the machine's or the cluster's
own network alone. The processes of one gunicorn share it; each answers for itself, and counts for all.
"""

import json
import socket
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ, getpid
from threading import Thread
from typing import Any, Final

from django.conf import settings
from django.db import connections
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.health import Health, needed

_PATIENCE: Final = 5.0  # seconds, for whoever asks
_JSON: Final = "application/json"

Working = Callable[[], bool]


class Watch:
    """What one process says of itself. `works` is what has to be true of it beside that it answers."""

    def __init__(self, works: Working, collectors: Sequence[Collector] = ()) -> None:
        self._works = works
        self._collectors = collectors
        self._own = Health(needed(settings.ROLES, own=True))
        self._all = Health(needed(settings.ROLES))

    def say(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Return status, type and body of an answer."""
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry())
        found = self._found(path)
        if found is None:
            return HTTPStatus.NOT_FOUND, _JSON, b"{}"
        status = HTTPStatus.OK if all(found.values()) else HTTPStatus.SERVICE_UNAVAILABLE
        return status, _JSON, json.dumps(found).encode()

    def _found(self, path: str) -> dict[str, bool] | None:
        works = {"process": self._works()}
        match path:
            case "/live":
                return works
            case "/serving":
                return works | self._own.found()
            case "/ready":
                return works | self._all.found()
        return None

    def _registry(self) -> CollectorRegistry:
        """Return what is counted: of all processes that share a folder of counts, or of this one alone."""
        found = CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in environ:
            MultiProcessCollector(found)  # type: ignore[no-untyped-call]
        else:
            found.register(REGISTRY)
        for collector in self._collectors:
            found.register(collector)
        return found


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server_version, sys_version = "visor", ""

    def __init__(self, watch: Watch, *given: Any) -> None:
        self._watch = watch
        super().__init__(*given)

    def do_GET(self) -> None:
        try:
            status, kind, body = self._watch.say(self.path.partition("?")[0])
        finally:
            connections.close_all()  # of this thread, which ends with the answer
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: somebody asks every few seconds."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, watch: Watch, *, is_shared: bool) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # The system gives each of those that share a port its part of whoever asks.
        self.allow_reuse_port = is_shared
        super().__init__((host, port), partial(_Handler, watch))

    def handle_error(self, *_: Any) -> None:
        """Let whoever hung up go without a word."""


_listening: list[tuple[int, _Server]] = []
"""With the process that listens: one that forks from it has the port too."""


def begin(works: Working, collectors: Sequence[Collector] = (), *, is_shared: bool = False) -> None:
    """Answer at VISOR_WATCH_ADDRESS from now on, by a thread of its own; nowhere where it is empty.

    The processes of one service share the port where `is_shared`. Raises SystemExit where another one has it:
    nobody would know whose answers these are.
    """
    address: str = settings.WATCH_ADDRESS
    if not address:
        return
    host, _, port = address.rpartition(":")
    try:
        server = _Server(host.strip("[]"), int(port), Watch(works, collectors), is_shared=is_shared)
    except (OSError, ValueError) as problem:
        raise SystemExit(f"nobody can watch this process at {address}: {problem}") from None
    _listening.append((getpid(), server))
    Thread(target=server.serve_forever, name="watch", daemon=True).start()


def leave() -> None:
    """Close what a process that has forked from one that listens has of its port."""
    for process, server in _listening:
        if process != getpid():
            server.socket.close()
