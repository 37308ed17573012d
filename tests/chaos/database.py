"""PostgreSQL as production has it: a primary, and a standby that has confirmed whatever was committed."""

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import Any, Final

import psycopg

from devtools.stack.services import create_cluster, free_port, postgres_binary, statements, unprivileged_user
from tests.chaos.processes import Supervised

NAME: Final = "visor"
_SECONDS: Final = 60
_SETTINGS: Final = {
    # No machine loses its power here, and what a process has written outlives it.
    "fsync": "off",
    "wal_level": "replica",
    "max_wal_size": "96MB",
    "min_wal_size": "32MB",
    "wal_keep_size": "64MB",
    "max_connections": "150",
    "listen_addresses": "127.0.0.1",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "500ms",
}


class Cluster:
    """One server and its data directory."""

    def __init__(self, data: Path, logs: Path) -> None:
        self.data, self.port = data, free_port()
        given = [part for item in _SETTINGS.items() for part in ("-c", "=".join(item))]
        where = ["-D", str(data), "-p", str(self.port), "-k", str(data.parent)]
        command = [_program("postgres"), *where, *given]
        log = logs / f"postgresql-{self.port}.log"
        self.server = Supervised("postgres", command, log, user=unprivileged_user(), folder=data.parent)

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection of the superuser, who sees every organisation's rows."""
        url = f"postgres://root@127.0.0.1:{self.port}/{name}"
        return psycopg.connect(url, autocommit=True, connect_timeout=2)

    def run(self, *lines: str) -> None:
        """Run statements as the superuser."""
        with self.connect() as connection:
            for line in lines:
                connection.execute(line.encode())

    def await_ready(self) -> None:
        """Wait until it takes connections."""
        self.await_row("SELECT 1")

    def await_row(self, query: str) -> None:
        """Wait until a query has a row."""
        end = time.monotonic() + _SECONDS
        while True:
            with suppress(psycopg.Error), self.connect() as connection:
                if connection.execute(query.encode()).fetchone() is not None:
                    return
            assert time.monotonic() < end, f"PostgreSQL: {query}\n{self.server.log.read_text()[-2000:]}"
            time.sleep(0.1)


class Database:
    """The pair. Whoever writes is confirmed once the standby has it, so that none is lost with a primary."""

    name = NAME

    def __init__(self, folder: Path, logs: Path) -> None:
        folder.mkdir()
        if user := unprivileged_user():
            shutil.chown(folder, user)
        self._folder, self._logs = folder, logs
        self._count = 0
        self.primary = self._cluster(create_cluster(_program("initdb"), folder, unprivileged_user()))
        self.standby: Cluster | None = None

    @property
    def port(self) -> int:
        """Where the primary listens now."""
        return self.primary.port

    def start(self) -> None:
        """Start the primary with an empty database, and a standby."""
        self.primary.server.start()
        self.primary.await_ready()
        for name, statement in statements([NAME]):
            with self.primary.connect(name) as connection:
                connection.execute(statement.encode())
        self.follow()

    def stop(self) -> None:
        for cluster in filter(None, (self.standby, self.primary)):
            cluster.server.go_on()
            cluster.server.stop(SIGKILL)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds in every organisation's rows."""
        with self.primary.connect(NAME) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def follow(self) -> None:
        """Make a standby, and confirm from now on only what it has."""
        self._count += 1
        standby = self._cluster(self._folder / f"standby-{self._count}")
        where = ["-h", "127.0.0.1", "-p", str(self.primary.port), "-U", "root", "-D", str(standby.data)]
        command = [
            _program("pg_basebackup"),
            *where,
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ]
        subprocess.run(command, user=unprivileged_user(), cwd=self._folder, check=True)
        standby.server.start()
        standby.await_ready()
        self.primary.await_row("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")
        _confirm_by(self.primary, "*")
        self.standby = standby

    def promote(self) -> None:
        """Lose the primary for good, and let the standby take its place; nobody stands by until `follow`."""
        lost, self.primary = self.primary, self._standing_by()
        lost.server.stop(SIGKILL)
        self.primary.run("SELECT pg_promote(true, 60)")
        _confirm_by(self.primary, "")
        self.standby = None
        shutil.rmtree(lost.data, ignore_errors=True)

    def restart(self) -> None:
        """Let the primary end as its operator ends it."""
        self.primary.server.end(SIGINT)

    def await_ready(self) -> None:
        """Wait until the primary takes connections, and has its standby where there is one."""
        self.primary.await_ready()
        if self.standby is not None:
            self.primary.await_row("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")

    def _standing_by(self) -> Cluster:
        assert self.standby is not None
        return self.standby

    def _cluster(self, data: Path) -> Cluster:
        return Cluster(data, self._logs)


def _confirm_by(primary: Cluster, whom: str) -> None:
    primary.run(f"ALTER SYSTEM SET synchronous_standby_names = '{whom}'", "SELECT pg_reload_conf()")


def _program(name: str) -> str:
    return postgres_binary(name) or name
