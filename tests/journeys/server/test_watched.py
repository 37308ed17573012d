"""O06: what each process says of itself and of the others is true within thirty seconds of a death.

The whole product in processes of the test's own, each with a port for whoever watches it.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from honcho.environ import parse_procfile

from devtools.demo.run import PROCFILE, ROOT, environment, prepare
from devtools.stack.services import free_port, redis
from devtools.stack.stack import as_user, own_database
from tests.unit.config.test_watching import ask

pytestmark = [pytest.mark.e2e, pytest.mark.needs("postgresql", "redis")]
TRUE_WITHIN = 30.0
START_SECONDS = 90.0
SECONDS_IDLE = 8
LINES_IDLE = 100
"""So many lines an hour all processes together may write while nobody comes (O13)."""
HANGS = """
import sys, threading, time, urllib.request
def ask():
    try:
        urllib.request.urlopen(sys.argv[1], timeout=60).read()
    except OSError:
        pass
threads = [threading.Thread(target=ask, daemon=True) for _ in range(40)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


class Process:
    """A process of the product, and its port for whoever watches."""

    def __init__(self, name: str, env: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        command = parse_procfile(PROCFILE.read_text()).processes[name]
        with (folder / f"{name}.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", command],
                env={**env, "VISOR_WATCH_ADDRESS": f"127.0.0.1:{self.port}"},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ask(self, path: str) -> tuple[int, str]:
        try:
            return ask(self.port, path)
        except OSError:
            return 0, ""

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Watched:
    """The product: its processes by name, its database and the address of its pages."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder = env, folder
        self.processes: dict[str, Process] = {}

    def start(self, *names: str) -> None:
        for name in names:
            self.processes[name] = Process(name, self.env, self.folder)

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Let whoever reads a table wait."""
        url = as_user(self.env["VISOR_DATABASE_URL"], "root")
        with psycopg.connect(url) as held:
            held.execute(f"LOCK TABLE {table}")
            yield
            held.rollback()


def soon(word: str, *, seconds: float, of: Callable[[], tuple[int, str]]) -> float:
    """Wait until an answer says a word, and return for how long."""
    began = time.monotonic()
    while word not in (said := of())[1]:
        assert time.monotonic() < began + seconds, said
        time.sleep(0.25)
    return time.monotonic() - began


def await_hanging(ask_for: Callable[[], object]) -> None:
    """Wait until a page that needs nothing is not answered within its second."""
    deadline = time.monotonic() + TRUE_WITHIN
    while time.monotonic() < deadline:
        try:
            ask_for()
        except TimeoutError:
            return
    raise AssertionError("some thread still answers")


def lines(folder: Path) -> int:
    return sum(len(path.read_text().splitlines()) for path in folder.glob("*.log"))


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("VISOR_", "DJANGO_"))}
    with ExitStack() as stack:
        database = stack.enter_context(own_database(empty=False))
        broker = stack.enter_context(redis())
        assert database
        assert broker
        given = {"VISOR_DATABASE_URL": database, "VISOR_BROKER_URL": broker, "VISOR_DATA_DIR": str(folder)}
        ports = {"VISOR_PORT": str(free_port()), "PARTNER_PORT": str(free_port())}
        env = environment({**mine, **given, **ports, "VISOR_LOG_LEVEL": "INFO", "VISOR_LOG_FORMAT": "json"})
        prepare(env)
        watched = Watched(env, folder)
        watched.start("web", "provider", "sweeper", "worker")
        try:
            soon('"worker": true', seconds=START_SECONDS, of=lambda: watched["web"].ask("/ready"))
            yield watched
        finally:
            for process in watched.processes.values():
                process.kill()


def test_each_process_says_what_it_needs(product: Watched) -> None:
    for name in product.processes:
        assert product[name].ask("/live") == (200, '{"process": true}')
        assert product[name].ask("/serving")[0] == 200, product[name].ask("/serving")
    soon('"deliveries": true', seconds=TRUE_WITHIN, of=lambda: product["web"].ask("/ready"))
    assert product["web"].ask("/ready")[0] == 200, product["web"].ask("/ready")


def test_whoever_does_nothing_writes_nothing(product: Watched) -> None:
    before = lines(product.folder)
    time.sleep(SECONDS_IDLE)
    assert lines(product.folder) - before <= SECONDS_IDLE * LINES_IDLE / 3600


def test_who_watches_is_answered_while_every_thread_hangs(product: Watched) -> None:
    port = int(product.env["VISOR_PORT"])
    with product.locked("keys_workerkey"):
        hanging = subprocess.Popen(
            [sys.executable, "-c", HANGS, f"http://127.0.0.1:{port}/readyz"], env=product.env
        )
        try:
            hung = partial(urllib.request.urlopen, f"http://127.0.0.1:{port}/healthz", timeout=1)
            await_hanging(hung)
            for _ in range(8):
                began = time.monotonic()
                assert product["web"].ask("/live") == (200, '{"process": true}')
                assert time.monotonic() - began < 2
                time.sleep(0.25)
        finally:
            hanging.kill()
            hanging.wait()


def test_all_processes_of_a_service_are_counted_together(product: Watched) -> None:
    ask(int(product.env["VISOR_PORT"]), "/healthz")
    text = product["web"].ask("/metrics")[1]
    assert 'visor_http_requests_total{route="healthz",status="2xx"}' in text
    stored = product["sweeper"].ask("/metrics")[1]
    assert 'visor_heartbeat_age_seconds{part="scheduler"}' in stored
    assert "visor_workers 1.0" in stored
    assert product["worker"].ask("/metrics")[0] == 200


def test_the_death_of_those_who_work_is_known_within_half_a_minute(product: Watched) -> None:
    for name in ("worker", "provider", "sweeper"):
        product[name].kill()
    began = time.monotonic()
    for part in ("worker", "sample_key", "scheduler", "log", "deliveries", "sweeper"):
        left = TRUE_WITHIN - (time.monotonic() - began)
        soon(f'"{part}": false', seconds=left, of=lambda: product["web"].ask("/ready"))
    assert product["web"].ask("/ready")[0] == 503
    assert product["web"].ask("/serving")[0] == product["web"].ask("/live")[0] == 200
