"""Throw-away PostgreSQL and Redis servers for a test run or a benchmark.

    python -m devtools.stack.services -- pytest tests/unit

starts both, runs the command with VISOR_TEST_DATABASE_URL and VISOR_TEST_REDIS_URL set, and stops and
deletes them however the command ends. A server whose binaries are missing is left out. The tables are made
once, in a database of which those of tests are copies.

VISOR_TEST_DATABASE_URL names the migrator, who sets tests up: it is no superuser, so that row-level security
binds it. The product's processes connect by their own roles, which are there too.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from authsvc.tenancy.grants import DATABASE_ROLES, MIGRATOR, PROCESSES

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS = 30
TABLES: Final = "visor_tables"
"""The database with all tables, of which those of tests are copies."""
POSTGRES_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "listen_addresses": "127.0.0.1",
}
DURABLE_SETTINGS = {
    "wal_level": "replica",
    "wal_keep_size": "4GB",
    "max_connections": "100",
    "listen_addresses": "127.0.0.1",
}
"""A server that logs as in production, and keeps its log."""


class ServiceProblem(Exception):
    """A server is installed but does not start."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_binary(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs, the newest version first."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    candidates = [str(folder / name) for folder in reversed(folders)]
    return next((path for path in candidates if Path(path).exists()), None) or shutil.which(name)


def unprivileged_user() -> str | None:
    """Return whom to become: PostgreSQL refuses to run as root. None where we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _await(ready: Sequence[str], server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise ServiceProblem(f"{server.args!r} does not start:\n{log.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def _server(
    command: Sequence[str], *, ready: Sequence[str], log: Path, user: str | None, stop: signal.Signals
) -> Iterator[None]:
    """Run a server while the block runs. Its own session keeps it alive on Ctrl-C, until we end it."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, user=user, cwd=log.parent, start_new_session=True
        )
    try:
        _await(ready, server, log)
        yield
    finally:
        server.send_signal(stop)
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextlib.contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="visor-", ignore_cleanup_errors=True) as name:
        if user:
            shutil.chown(name, user)
        yield Path(name)


def create_cluster(initdb: str, folder: Path, user: str | None) -> Path:
    """Make an empty data directory whose superuser is called root. Raises ServiceProblem."""
    data = folder / "data"
    command = [initdb, "--pgdata", str(data), "--username", "root", "--auth", "trust", "--no-sync"]
    command += ["--encoding", "UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(command, user=user, cwd=folder, capture_output=True, check=False)
    if made.returncode:
        raise ServiceProblem(made.stderr.decode(errors="replace"))
    return data


@contextlib.contextmanager
def postgresql(settings: Mapping[str, str] = POSTGRES_SETTINGS) -> Iterator[str | None]:
    """Yield the URL of an empty database on a new server, or None where PostgreSQL is not installed.

    Raises ServiceProblem.
    """
    initdb, psql = map(postgres_binary, ("initdb", "psql"))
    if not (initdb and psql):
        yield None
        return
    user = unprivileged_user()
    with _folder(user) as folder, served(create_cluster(initdb, folder, user), settings) as port:
        for database, statement in statements():
            where = ["-h", "127.0.0.1", "-p", str(port), "-U", "root", "-d", database]
            subprocess.run([psql, "-X", "-q", *where, "-c", statement], check=True)
        yield f"postgres://{MIGRATOR}@127.0.0.1:{port}/visor"


@contextlib.contextmanager
def empty_cluster(settings: Mapping[str, str] = POSTGRES_SETTINGS) -> Iterator[str]:
    """Yield a database's URL, as the superuser, on a new server that has neither it nor any role.

    Raises ServiceProblem.
    """
    initdb = postgres_binary("initdb")
    if initdb is None:
        raise ServiceProblem("PostgreSQL is not installed")
    user = unprivileged_user()
    with _folder(user) as folder, served(create_cluster(initdb, folder, user), settings) as port:
        yield f"postgres://root@127.0.0.1:{port}/visor"


def statements(names: Sequence[str] = ("visor", TABLES)) -> Iterator[tuple[str, str]]:
    """Yield what the administrator of a server does to have these databases, and in which database."""
    yield from (("postgres", f"CREATE ROLE {role} LOGIN NOINHERIT") for role in DATABASE_ROLES)
    # For the databases of tests, and for one process that plays web and portal in turns.
    yield "postgres", f"ALTER ROLE {MIGRATOR} CREATEDB"
    yield "postgres", f"GRANT {', '.join(PROCESSES)} TO {MIGRATOR}"
    # Databases that are made later are copies of this one.
    yield "template1", f"GRANT CREATE ON SCHEMA public TO {MIGRATOR}"
    yield from (("postgres", f"CREATE DATABASE {name} OWNER {MIGRATOR}") for name in names)


@contextlib.contextmanager
def served(data: Path, settings: Mapping[str, str]) -> Iterator[int]:
    """Run a PostgreSQL server on a data directory while the block runs; yield its port.

    Raises ServiceProblem.
    """
    postgres, is_ready = map(postgres_binary, ("postgres", "pg_isready"))
    if not (postgres and is_ready):
        raise ServiceProblem("PostgreSQL is not installed")
    port, folder = free_port(), data.parent
    given = [part for item in settings.items() for part in ("-c", "=".join(item))]
    command = [postgres, "-D", str(data), "-p", str(port), "-k", str(folder), *given]
    ready = [is_ready, "-h", "127.0.0.1", "-p", str(port), "-U", "root", "-d", "postgres"]
    with _server(command, ready=ready, log=folder / "log", user=unprivileged_user(), stop=signal.SIGINT):
        yield port


@contextlib.contextmanager
def redis() -> Iterator[str | None]:
    """Yield the URL of a new Redis server that keeps nothing on disk, or None where it is not installed.

    Raises ServiceProblem.
    """
    server, client = shutil.which("redis-server"), shutil.which("redis-cli")
    if not (server and client):
        yield None
        return
    with _folder(None) as folder:
        port = str(free_port())
        command = [server, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"]
        command += ["--databases", "256"]  # sixteen for each process of a parallel test run
        ready = [client, "-h", "127.0.0.1", "-p", port, "ping"]
        with _server(command, ready=ready, log=folder / "log", user=None, stop=signal.SIGTERM):
            yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def throw_away_services() -> Iterator[dict[str, str]]:
    """Yield the environment variables that name the servers which could be started."""
    with postgresql() as database, redis() as broker:
        urls = {"VISOR_TEST_DATABASE_URL": database, "VISOR_TEST_REDIS_URL": broker}
        yield {name: url for name, url in urls.items() if url}


def _make_tables(server: str) -> None:
    """Migrate a database once, so that each database of a test is a copy of it. Raises ServiceProblem."""
    url = f"{server.rpartition('/')[0]}/{TABLES}"
    with tempfile.TemporaryDirectory(prefix="visor-") as folder:
        told = {"VISOR_ENVIRONMENT": "test", "VISOR_TEST_DATABASE_URL": url, "VISOR_DATA_DIR": folder}
        command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
        made = subprocess.run(command, env={**os.environ, **told}, check=False)
    if made.returncode:
        raise ServiceProblem("the tables could not be made")


def _stop(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def run(command: Sequence[str]) -> int:
    """Run a command beside the servers and return its exit status. Ctrl-C reaches the command too."""
    with throw_away_services() as variables:
        if server := variables.get("VISOR_TEST_DATABASE_URL"):
            _make_tables(server)
        child = subprocess.Popen(command, env={**os.environ, **variables})
        try:
            return child.wait()
        except SystemExit:
            child.terminate()
            raise
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=30)
            child.kill()


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        raise SystemExit("usage: python -m devtools.stack.services -- COMMAND …")
    signal.signal(signal.SIGTERM, _stop)
    try:
        status = run(arguments)
    except KeyboardInterrupt:
        status = 130
    raise SystemExit(status)


if __name__ == "__main__":
    main()
