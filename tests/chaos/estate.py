"""The product behind its proxy, a supervised process a role, each by wires of its own to what it asks."""

import contextlib
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

import psycopg
from honcho.environ import parse_procfile

from devtools.demo.run import PROCFILE, environment, prepare
from devtools.stack.console import console
from devtools.stack.services import free_port
from devtools.stack.stack import PATIENCE, Stack
from tests.attacks.proxying import proxy_of
from tests.chaos.broker import Broker, Form
from tests.chaos.database import Database
from tests.chaos.processes import Supervised
from tests.chaos.wires import Wire, laid
from tests.needs import faketime_library

ROLES: Final = {
    "web": "web",
    "worker": "worker",
    "other worker": "worker",
    "provider": "provider",
    "sweeper": "sweeper",
    "office": "office",
}
"""Which of the demonstration's processes each is: web has the portal in it, provider is the scheduler."""
FEW: Final = ("web", "worker", "provider", "sweeper")
Pair = tuple[str, str]
_CLOCK: Final = Path(__file__).with_name("clock")
_SECONDS: Final = 120
_DISK: Final = "size=1200m"
_LIMITS: Final = ("refused-address", "face-device", "face-person", "passkey-device", "passkey-person")
"""Limits that a few people meet who sign in all the time, all from this machine."""


class Rows(Protocol):
    """Whoever can say what a query finds, whichever organisation the rows are of."""

    @property
    def name(self) -> str:
        """What it is called there."""

    @property
    def port(self) -> int:
        """Where it listens now."""

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what it finds."""


@dataclass(frozen=True)
class Borrowed:
    """A database on the test run's server, at which nothing breaks."""

    address: str
    port: int
    name: str

    @classmethod
    def at(cls, url: str) -> Self:
        """Read it from a URL without a user."""
        parts = urlsplit(url)
        return cls(str(parts.hostname), int(parts.port or 0), parts.path.strip("/"))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        where = f"postgres://root@{self.address}:{self.port}/{self.name}"
        with psycopg.connect(where, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()


@dataclass
class Estate:
    """All of it. `wires` are by who asks whom. Without a `database` of its own nothing breaks there.

    `disk` has all that database, Redis and the product itself write, where it is apart from this machine's.
    """

    folder: Path
    broker: Broker
    database: Database | None
    rows_of: Rows
    disk: Path | None
    wires: dict[Pair, Wire] = field(default_factory=dict)
    roles: dict[str, Supervised] = field(default_factory=dict)
    clocks: dict[str, Path] = field(default_factory=dict)
    stack: Stack = field(init=False)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds, whichever organisation the rows are of."""
        return self.rows_of.rows(query, *values)

    def set_clock(self, role: str, hours: int) -> None:
        """Set the clock of a role's processes."""
        self.clocks[role].write_text(f"{hours:+d}h\n")

    def lead_to_primary(self) -> None:
        """Let everybody find the database where it is now."""
        assert self.database is not None
        for (_, whom), wire in self.wires.items():
            if whom == "database":
                wire.lead_to(self.database.port)

    def await_ready(self) -> None:
        """Wait until a person could sign in."""
        end = time.monotonic() + _SECONDS
        while not self._is_ready():
            assert time.monotonic() < end, f"nobody can sign in\n{self.said()}"
            time.sleep(0.3)

    def said(self, most: int = 1500) -> str:
        """Return the end of what each role has written."""
        logs = {name: role.log.read_text(errors="replace") for name, role in self.roles.items()}
        return "\n".join(f"--- {name}\n{text[-most:]}" for name, text in logs.items())

    def _is_ready(self) -> bool:
        url = f"{self.stack.base_url}/readyz"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=6) as answer:
            return bool(answer.status == 200)
        return False


@contextlib.contextmanager
def estate(
    folder: Path, *, form: Form, borrowed: str = "", roles: Sequence[str] = tuple(ROLES)
) -> Iterator[Estate]:
    """Run it while the block runs. Without a `borrowed` database it has a pair of servers of its own."""
    logs = folder / "logs"
    logs.mkdir(parents=True)
    with contextlib.ExitStack() as things:
        disk = None if borrowed else things.enter_context(_disk(folder / "disk"))
        ground = disk or folder
        broker = Broker(form, ground, logs)
        things.callback(broker.stop)
        broker.start()
        database = None if borrowed else Database(ground / "postgresql", logs)
        if database is not None:
            things.callback(database.stop)
            database.start()
        made = Estate(folder, broker, database, database or Borrowed.at(borrowed), disk)
        web_port = _lay_wires(made, things, roles)
        _begin(
            made, things, roles, _environment(ground / "data", web_port, made.wires["people", "proxy"].port)
        )
        yield made


def _lay_wires(made: Estate, things: contextlib.ExitStack, roles: Sequence[str]) -> int:
    """Join all of it, with the proxy before it; return the port at which web has to listen."""
    lay, web_port = things.enter_context(laid()), free_port()
    database_port = made.rows_of.port
    for who in (*roles, "commands"):
        made.wires[who, "database"] = lay(database_port)
        if made.broker.form != "watched":  # whose address is what Sentinel says
            made.wires[who, "broker"] = lay(made.broker.port)
    made.wires["proxy", "web"] = lay(web_port)
    proxy = things.enter_context(proxy_of(made.wires["proxy", "web"].port, made.folder))
    made.wires["people", "proxy"] = lay(proxy)
    return web_port


def _begin(made: Estate, things: contextlib.ExitStack, roles: Sequence[str], env: Mapping[str, str]) -> None:
    """Make tables and the demonstration's rows, and start every process."""
    data = Path(env["VISOR_DATA_DIR"])
    data.mkdir(parents=True)
    commands = {**env, **_servers(made, "commands")}
    prepare(commands)
    shell = things.enter_context(console(commands))
    made.stack = Stack(env["VISOR_BASE_URL"], env["PARTNER_BASE_URL"], data, commands, shell)
    for role in roles:
        told = {**env, **_servers(made, role), **_clock(made, role)}
        made.roles[role] = _process(made, role, told)
    for process in (*made.roles.values(), _process(made, "partner", commands)):
        things.callback(process.stop)
        process.start()
    made.await_ready()


def _process(made: Estate, name: str, env: Mapping[str, str]) -> Supervised:
    command = parse_procfile(PROCFILE.read_text(encoding="utf-8")).processes[ROLES.get(name, name)]
    return Supervised(name, ["sh", "-c", command], made.folder / "logs" / f"{name}.log", env=env)


def _servers(made: Estate, who: str) -> dict[str, str]:
    """Return where one of us finds database and broker: at the end of its own wires."""
    database = f"postgres://127.0.0.1:{made.wires[who, 'database'].port}/{made.rows_of.name}"
    wire = made.wires.get((who, "broker"))
    broker = made.broker.url if wire is None else f"redis://127.0.0.1:{wire.port}/0"
    return {"VISOR_DATABASE_URL": database, "VISOR_BROKER_URL": broker}


def _clock(made: Estate, role: str) -> dict[str, str]:
    """Return what lets a role read a clock of its own, where one is to be wrong."""
    library = faketime_library()
    if made.database is None or library is None:
        return {}
    made.clocks[role] = made.folder / f"{role}.clock"
    made.set_clock(role, 0)
    return {
        "LD_PRELOAD": str(library),
        "PYTHONPATH": str(_CLOCK),
        "FAKETIME_TIMESTAMP_FILE": str(made.clocks[role]),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _environment(data: Path, web_port: int, base_port: int) -> dict[str, str]:
    """Return what every process is told; what a test run is told of itself is not for the product."""
    ours = ("VISOR_", "PARTNER_", "DJANGO_")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return environment(
        {
            **mine,
            "VISOR_DATA_DIR": str(data),
            "VISOR_PORT": str(web_port),
            "VISOR_BASE_URL": f"http://localhost:{base_port}",
            "PARTNER_PORT": str(free_port()),
            "VISOR_PROXY_COUNT": "1",
            "VISOR_CUE_SHARE": str(PATIENCE),
            "VISOR_LIMITS": ",".join(f"{name}={10**6}" for name in _LIMITS),
            "WEB_CONCURRENCY": "2",
        }
    )


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    """Mount a disk that can fill up, as root; else the folder is one that cannot."""
    folder.mkdir()
    mounted = os.geteuid() == 0
    if mounted:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder), "-o", f"{_DISK},mode=755"], check=True)
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
