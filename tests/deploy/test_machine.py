"""The units under systemd itself: all start, as little allowed as they are, and stop without losing anything.

One machine for all, in this order; whole in the campaign alone, as it starts nine processes.
"""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from authsvc.tenancy.grants import MIGRATOR
from config import secretfiles, secrets
from deploy.rehearse.machine import Machine, machine, runs_here
from deploy.rehearse.units import PROCESSES, UNITS, environment
from devtools.stack.services import free_port
from devtools.stack.stack import as_user, own_database

pytestmark = [
    pytest.mark.whole,
    pytest.mark.needs("postgresql", "redis", "systemd", "models"),
    pytest.mark.skipif(runs_here() is not None, reason=str(runs_here())),
]
HOST = b"Host: id.example.org\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
# What a worker does with its networks, and whom it reaches: a unit of its own, under the worker's limits.
JUDGE = """
import json, socket
import numpy
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.worker import prepare_worker
def reaches(host, port):
    with socket.socket() as tried:
        tried.settimeout(2)
        try:
            tried.connect((host, port))
        except OSError:
            return False
    return True
prepare_worker()
engine = load_engine()
found = engine.detect(numpy.zeros((480, 640, 3), numpy.uint8))
features = engine.describe([numpy.zeros((112, 112, 3), numpy.uint8)]).shape
reached = [reaches("127.0.0.1", PORT), reaches("127.0.0.2", OTHER)]
print(json.dumps([found, features, reached]))
"""


@contextmanager
def broker() -> Iterator[str]:
    """A Redis server with a password, as production asks for one."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    command += ["--requirepass", "word"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"redis://:word@127.0.0.1:{port}/0"
        finally:
            process.terminate()


def secret_files() -> dict[str, str]:
    made = secretfiles.split(secrets.generate())
    wanted = ("web", "provider", "worker", "portal", "migrator", "sequencer")
    return {f"/etc/visor/secrets/{role}.json": json.dumps(made[role]) for role in wanted}


def variables(database: str, queue: str) -> dict[str, str]:
    told = {
        "VISOR_BASE_URL": "https://id.example.org",
        "VISOR_DATABASE_URL": database,
        "VISOR_BROKER_URL": queue,
        "VISOR_MAIL_HOST": "mail.example.org",
    }
    text = "\n".join(f"{name}={value}" for name, value in told.items())
    return {f"/etc/visor/{role}.env": text for role in ("web", "provider", "worker", "portal", "migrator")}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    with own_database(empty=False) as database, broker() as queue:
        assert database
        yield database, queue


@pytest.fixture(scope="module")
def other() -> Iterator[int]:
    """A server at another address of this machine, which no worker asks anything."""
    with socket.create_server(("127.0.0.2", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def running(
    servers: tuple[str, str], other: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """The machine, with all of Visor started."""
    port = servers[1].rpartition(":")[2].partition("/")[0]
    worker = (UNITS / "visor-worker.service").read_text(encoding="utf-8")
    judge = worker.replace("Type=exec", "Type=oneshot").replace("Restart=on-failure\n", "")
    judge = judge.replace("IPAddressAllow=localhost", "IPAddressAllow=127.0.0.1")
    judge = judge.replace(
        "celery --app config worker --hostname worker@%%h",
        "manage.py shell --no-imports --command \"exec(open('/etc/visor/judge.py').read())\"",
    )
    beside = (UNITS / "visor-worker.service.d" / "20-worker.conf").read_text(encoding="utf-8")
    more = {
        "/etc/systemd/system/visor-judge.service.d/20-worker.conf": beside,
        "/etc/visor/judge.py": JUDGE.replace("PORT", port).replace("OTHER", str(other)),
        "/etc/systemd/system/visor-judge.service": judge,
    }
    files = {**secret_files(), **variables(*servers), **more}
    log = tmp_path_factory.mktemp("machine") / "log"
    with machine(log, files) as made:
        made.run("systemctl", "start", "visor-migrate.service")
        made.run("systemctl", "start", "visor.target")
        eventually(lambda: answered(made, "web", HEALTH).startswith(b"HTTP/1.1 200"))
        yield made


def eventually(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.2)


@contextmanager
def line(made: Machine, role: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(30)
        way.connect(f"/proc/{made.first}/root/run/visor/{role}/sock")
        yield way


def rest(way: socket.socket) -> bytes:
    return b"".join(iter(lambda: way.recv(65536), b""))


def answered(made: Machine, role: str, request: bytes) -> bytes:
    with suppress(OSError), line(made, role) as way:
        way.sendall(request)
        return rest(way)
    return b""


def has_more(answers: list[bytes], than: int) -> bool:
    return len(answers) > than


def is_active(made: Machine, unit: str) -> bool:
    return made.shown(unit, "ActiveState") == "active"


def counted(connection: psycopg.Connection, statement: str) -> int:
    """The number that a statement asks for."""
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def ended_well(made: Machine, unit: str) -> bool:
    if made.shown(unit, "ActiveState") in {"active", "deactivating"}:
        return False
    assert (made.shown(unit, "ActiveState"), made.shown(unit, "Result")) == ("inactive", "success")
    return True


@pytest.mark.requirement("S9.4-14")
def test_every_process_runs_as_its_roles_user(running: Machine) -> None:
    for unit in PROCESSES:
        eventually(partial(is_active, running, unit))
        process = Path(f"/proc/{running.first}/root/proc/{running.shown(unit, 'MainPID')}/status")
        user = running.run("id", "--user", f"visor-{environment(unit)['VISOR_ROLES']}").strip()
        status = dict(each.split(":\t", 1) for each in process.read_text().splitlines() if ":\t" in each)
        assert status["Uid"].split() == [user] * 4
        assert (int(status["CapBnd"], 16), status["NoNewPrivs"]) == (0, "1")
        assert running.shown(unit, "NRestarts") == "0", running.log(unit)


@pytest.mark.requirement("S9.4-14")
def test_nobody_but_the_proxy_opens_the_sockets(running: Machine) -> None:
    look = ["python3", "-c", "import socket; socket.socket(1).connect('/run/visor/web/sock')"]
    assert running.tried(*look, user="www-data").returncode == 0
    for user in ("visor-worker", "visor-portal", "visor-migrator"):
        assert "PermissionError" in running.tried(*look, user=user).stderr


@pytest.mark.requirement("S9.4-14")
def test_a_worker_judges_under_its_limits_and_reaches_nobody_else(running: Machine) -> None:
    tried = running.tried("systemctl", "start", "visor-judge.service")
    assert tried.returncode == 0, running.log("visor-judge.service")
    said = running.log("visor-judge.service")
    assert json.loads(said.strip().splitlines()[-1]) == [[], [1, 128], [True, False]]
    assert "cpuinfo" not in said


def test_the_scheduler_sends_what_is_due(running: Machine, servers: tuple[str, str]) -> None:
    """The process that does so is a child of the worker's, and asks the database by itself."""
    assert "refusing to start" not in running.log("visor-scheduler.service")
    with psycopg.connect(as_user(servers[0], MIGRATOR), autocommit=True) as connection:
        asked = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        before = counted(connection, asked)
        eventually(lambda: counted(connection, asked) > before + 10)


@pytest.mark.requirement("S9.4-08")
def test_a_request_that_has_begun_is_answered(running: Machine) -> None:
    head = b"POST /t/a/token HTTP/1.1\r\n" + HOST + b"Content-Length: 20\r\nConnection: close\r\n\r\n"
    with line(running, "web") as way:
        way.sendall(head + b"grant_type")
        time.sleep(1)
        running.run("systemctl", "stop", "--no-block", "visor-web.service")
        eventually(lambda: running.shown("visor-web.service", "ActiveState") == "deactivating")
        way.sendall(b"=nothing00")
        assert rest(way).startswith(b"HTTP/1.1 4")
    eventually(lambda: ended_well(running, "visor-web.service"))


@pytest.mark.requirement("S9.4-08")
def test_nobody_is_refused_while_a_site_is_started_again(running: Machine) -> None:
    running.run("systemctl", "start", "visor-web.service")
    answers: list[bytes] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answers.append(answered(running, "web", HEALTH)[:12])

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for each in asking:
        each.start()
    try:
        for _ in range(2):
            running.run("systemctl", "restart", "visor-web.service")
            eventually(partial(has_more, answers, len(answers) + 10))
    finally:
        over.set()
        for each in asking:
            each.join()
    assert set(answers) == {b"HTTP/1.1 200"}


@pytest.mark.requirement("S9.4-08")
def test_a_job_that_has_begun_is_done(running: Machine, servers: tuple[str, str]) -> None:
    with (
        psycopg.connect(as_user(servers[0], MIGRATOR)) as connection,
        psycopg.connect(as_user(servers[0], "root"), autocommit=True) as server,  # who sees everybody wait
    ):
        for table in ("audit_auditevent", "tenancy_tenant"):
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        waits = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND usename = 'visor_provider' AND wait_event_type = 'Lock'"
        )
        eventually(lambda: counted(server, waits) > 0)
        running.run("systemctl", "stop", "--no-block", "visor-scheduler.service")
        time.sleep(3)
        assert running.shown("visor-scheduler.service", "ActiveState") == "deactivating"
        connection.rollback()
    eventually(lambda: ended_well(running, "visor-scheduler.service"))


@pytest.mark.requirement("S9.4-08")
def test_everything_stops_and_no_message_is_lost(running: Machine, servers: tuple[str, str]) -> None:
    running.run("systemctl", "stop", "visor.target")
    for unit in PROCESSES:
        eventually(partial(ended_well, running, unit), seconds=90)
    with redis.Redis.from_url(servers[1]) as queue:
        held: Any = queue.hlen("unacked")
    assert held == 0
