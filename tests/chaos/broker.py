"""Redis in three forms: in memory alone, written to disk, or two servers that Sentinel watches."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Literal

from redis import Redis
from redis.exceptions import RedisError

from devtools.stack.services import free_port
from tests.chaos.processes import Supervised

Form = Literal["in memory", "on disk", "watched"]
_SECONDS = 30
_NAME = "visor"


class Broker:
    """The servers; `port` is that of the only one, where nobody watches it."""

    def __init__(self, form: Form, folder: Path, logs: Path) -> None:
        self.form = form
        self._folder, self._logs = folder, logs
        kept = ["--appendonly", "yes", "--appendfsync", "always"] if form == "on disk" else []
        first = free_port()
        self.port = first
        self._servers = {first: self._server(first, *kept)}
        self._watchers: dict[int, Supervised] = {}
        if form == "watched":
            second = free_port()
            self._servers[second] = self._server(second, "--replicaof", f"127.0.0.1 {first}")
            self._watchers = {port: self._watcher(port, first) for port in (free_port(), free_port())}

    @property
    def url(self) -> str:
        """The address of who knows the master; it is for a broker that is watched."""
        one, other = self._watchers
        return f"sentinel://127.0.0.1:{one}/0;sentinel://127.0.0.1:{other}?master={_NAME}"

    @property
    def server(self) -> Supervised:
        """The server that is asked: the only one, or the master."""
        return self._servers[self._master() if self._watchers else self.port]

    def start(self) -> None:
        for server in [*self._servers.values(), *self._watchers.values()]:
            server.start()
        self.await_ready()

    def stop(self) -> None:
        for server in [*self._watchers.values(), *self._servers.values()]:
            server.go_on()
            server.stop(SIGKILL)

    @contextmanager
    def master_lost(self) -> Iterator[None]:
        """Lose the master until another one is; where the block ends it comes back as a replica."""
        before = self._master()
        self._servers[before].stop(SIGKILL)
        try:
            _until(lambda: self._master() not in {0, before})
            yield
        finally:
            self._servers[before].start()
            self.await_ready()

    def await_ready(self) -> None:
        """Wait until each server answers, and the watchers know a replica to turn to."""
        for port in self._servers:
            _until(partial(_answers, port))
        for port in self._watchers:
            _until(partial(_is_watched, port))

    def _master(self) -> int:
        found = {_master_by(port) for port in self._watchers}
        return found.pop() if len(found) == 1 else 0

    def _server(self, port: int, *more: str) -> Supervised:
        folder = self._made(port)
        command = [_program(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
        return Supervised("redis", [*command, *more], self._logs / f"redis-{port}.log")

    def _watcher(self, port: int, master: int) -> Supervised:
        file = self._made(port) / "sentinel.conf"
        file.write_text(
            f"port {port}\nbind 127.0.0.1\nsentinel monitor {_NAME} 127.0.0.1 {master} 2\n"
            f"sentinel down-after-milliseconds {_NAME} 1000\nsentinel failover-timeout {_NAME} 4000\n"
        )
        return Supervised("sentinel", [_program(), str(file), "--sentinel"], self._logs / f"redis-{port}.log")

    def _made(self, port: int) -> Path:
        folder = self._folder / f"redis-{port}"
        folder.mkdir(parents=True)
        return folder


def _program() -> str:
    return shutil.which("redis-server") or "redis-server"


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        with suppress(RedisError, OSError):
            if true():
                return
        assert time.monotonic() < end, "Redis did not become what it was to be"
        time.sleep(0.1)


def _asked(port: int) -> Redis:
    return Redis(port=port, decode_responses=True, socket_timeout=2)


def _answers(port: int) -> bool:
    with _asked(port) as server:
        return bool(server.ping())


def _master_by(port: int) -> int:
    with suppress(RedisError, OSError), _asked(port) as watcher:
        return int(watcher.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", _NAME)[1])
    return 0


def _is_watched(port: int) -> bool:
    with _asked(port) as watcher:
        known = dict(watcher.sentinel_master(_NAME))
        replicas = watcher.sentinel_slaves(_NAME)
    well = any("disconnected" not in each["flags"] and not each["is_sdown"] for each in replicas)
    return bool(known["num-other-sentinels"] == 1 and not known["is_sdown"] and well)
