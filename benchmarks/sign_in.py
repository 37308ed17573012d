"""What a whole face sign-in costs: processor time by part, statements, bytes, and a worker child's memory.

The software phone signs in at the demo's partner site, one sign-in after another. Statements are what
PostgreSQL itself counted (pg_stat_statements), by the role of each process; beside them how many only begin
or end a transaction or set its scope. Scheduled work goes on meanwhile, and is by the hour and not by the
sign-in. Memory is private to the process (proc(5), Private_*): what it shares with the process that it was
forked from is there once, however many children there are.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import requests
from redis import Redis

from authsvc.limits.register import unlimited
from authsvc.tenancy.grants import ROLE_PREFIX
from benchmarks.figures import Figure
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.services import POSTGRES_SETTINGS, postgresql
from devtools.stack.stack import Stack, running

SIGN_INS: Final = 30
BEFORE: Final = 5
IDLE_SECONDS: Final = 10.0
SETTLED_SECONDS: Final = 2.0
"""A worker gives memory back when its verdict is out, and a phone may be done before it."""
PARTS: Final = ("web", "worker", "provider")
# What these ask is asked for somebody; the rest is scheduled.
SIGNING_IN: Final = {f"{ROLE_PREFIX}{role}" for role in ("web", "worker")}
PHOTOS: Final = Path(__file__).resolve().parent.parent / "build" / "photos" / "obama"
_COUNTED: Final = """SELECT r.rolname, sum(s.calls)::bigint,
    s.query ~* '^ *(begin|commit|rollback|savepoint|release|select set_config|set |reset )'
    FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() GROUP BY 1, 3"""
"""How often each role asked, and whether that was housekeeping: the same words as in sides/counting.py."""
_BYTES: Final = """SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, sum(pg_total_relation_size(oid))
    FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p'"""

Counts = Counter[tuple[str, bool]]


@dataclass
class Asked:
    """What phones asked of Visor: how often, and the bytes of bodies there and back."""

    requests: int = 0
    up: int = 0
    down: int = 0


class _Counting(SoftwarePhone):
    """Counts what it asks of one site."""

    def __init__(self, person: Person, site: str, asked: Asked) -> None:
        super().__init__(person)
        self._asked, self._site = asked, site
        self.browser.session.hooks["response"].append(self._count)

    def _count(self, response: requests.Response, *_: Any, **__: Any) -> None:
        if response.url.startswith(self._site):
            self._asked.requests += 1
            self._asked.up += int(response.request.headers.get("Content-Length", 0))
            self._asked.down += len(response.content)


@dataclass(frozen=True)
class Taken:
    """What the parts have taken so far: processor seconds by part, and bytes written ahead and kept."""

    at: float
    seconds: dict[str, float]
    ahead: int
    kept: int

    def since(self, before: "Taken", idle: Mapping[str, float]) -> dict[str, float]:
        """Return the seconds of each part since then, without what it takes while nobody comes."""
        whole = self.at - before.at
        return {
            part: max(0.0, seconds - before.seconds[part] - idle.get(part, 0.0) * whole)
            for part, seconds in self.seconds.items()
        }


def measure() -> Iterable[Figure]:
    """Yield the means of a sign-in, then the memory of each of the worker's processes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _counting_server(),
        running(Path(folder), VISOR_LIMITS=unlimited(), WEB_PLAYS="web") as stack,
        _connected(stack) as ours,
    ):
        person = _enrolled(stack)
        _sign_ins(stack, person, BEFORE)
        idle = _idle(stack, ours)
        statements, before = _statements(ours), _taken(stack, ours)
        asked = _sign_ins(stack, person, SIGN_INS)
        after, statements = _taken(stack, ours), _statements(ours) - statements
        time.sleep(SETTLED_SECONDS)
        memory = [_private(pid) for pid in _processes(stack, "worker")]
    for part, spent in after.since(before, idle).items():
        yield Figure(
            f"processor time of {part}", 1000 * spent / SIGN_INS, "ms", "≤ 60" if part == "web" else ""
        )
    yield Figure("requests of the phone to Visor", asked.requests / SIGN_INS, "")
    yield Figure("sent by a phone", asked.up / SIGN_INS / 1000, "kB")
    yield Figure("sent to a phone", asked.down / SIGN_INS / 1000, "kB")
    yield Figure("written ahead by PostgreSQL", (after.ahead - before.ahead) / SIGN_INS / 1000, "kB")
    yield Figure("kept by PostgreSQL", (after.kept - before.kept) / SIGN_INS / 1000, "kB")
    yield from _by_role(statements)
    # The parent has the modules, the child that judges has the networks too, and so most.
    for number, found in enumerate(sorted(memory, reverse=True)):
        aim = "≤ 150" if number == 0 else ""
        yield Figure(f"private memory of process {number + 1} of the worker", found / 2**20, "MiB", aim)


def _idle(stack: Stack, ours: psycopg.Connection) -> dict[str, float]:
    """Return the processor seconds that each part takes in a second in which nobody comes."""
    before = _taken(stack, ours)
    time.sleep(IDLE_SECONDS)
    after = _taken(stack, ours)
    return {part: spent / (after.at - before.at) for part, spent in after.since(before, {}).items()}


def _taken(stack: Stack, ours: psycopg.Connection) -> Taken:
    seconds = {part: processor_seconds(_processes(stack, part)) for part in PARTS}
    seconds["PostgreSQL"] = processor_seconds(_server(ours.info.backend_pid), ended=True)
    told = Redis.from_url(stack.env["VISOR_BROKER_URL"]).info("cpu")
    seconds["Redis"] = told["used_cpu_user"] + told["used_cpu_sys"]
    row = ours.execute(_BYTES).fetchone()
    assert row is not None
    return Taken(time.monotonic(), seconds, int(row[0]), int(row[1]))


def _server(backend: int) -> list[int]:
    """Return the processes of the PostgreSQL server that one of its backends belongs to."""
    first = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]


def _by_role(statements: Counts) -> Iterator[Figure]:
    own = sum(calls for (role, kept), calls in statements.items() if role in SIGNING_IN and not kept)
    yield Figure("statements of a sign-in", own / SIGN_INS, "", "≤ 80")
    for role in sorted({role for role, _ in statements}):
        asked, kept = statements[role, False] / SIGN_INS, statements[role, True] / SIGN_INS
        yield Figure(f"statements of {role}", asked, "")
        yield Figure(f"statements of {role} that begin, end or scope a transaction", kept, "")


def _enrolled(stack: Stack) -> Person:
    passkeys = Authenticator()
    enrolling = Person(photographs.read(PHOTOS / "01.jpg"), authenticator=passkeys)
    SoftwarePhone(enrolling).enrol(stack.new_link("Measured"))
    return Person(photographs.read(PHOTOS / "03.jpg"), authenticator=passkeys)


def _sign_ins(stack: Stack, person: Person, count: int) -> Asked:
    """Sign in so often, and return what the phone asked of Visor."""
    asked = Asked()
    for _ in range(count):
        _Counting(person, stack.base_url, asked).sign_in(f"{stack.partner_url}/members")
    return asked


@contextmanager
def _counting_server() -> Iterator[None]:
    """Let the product run on a PostgreSQL that counts statements, and not on the run's."""
    before = os.environ.get("VISOR_TEST_DATABASE_URL")
    settings = {**POSTGRES_SETTINGS, "shared_preload_libraries": "pg_stat_statements"}
    with postgresql(settings) as url:
        if url is None:
            raise RuntimeError("this needs PostgreSQL")
        os.environ["VISOR_TEST_DATABASE_URL"] = url
        try:
            yield
        finally:
            os.environ.pop("VISOR_TEST_DATABASE_URL")
            if before is not None:
                os.environ["VISOR_TEST_DATABASE_URL"] = before


def _connected(stack: Stack) -> psycopg.Connection:
    """Connect to the product's database as the server's administrator, who alone sees what all roles ask."""
    address = stack.env["VISOR_DATABASE_URL"].replace("://", "://root@", 1)
    connection = psycopg.connect(address, autocommit=True)
    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    return connection


def _statements(connection: psycopg.Connection) -> Counts:
    found = connection.execute(_COUNTED).fetchall()
    return Counter({(role, kept): calls for role, calls, kept in found if role != "root"})


def _processes(stack: Stack, role: str) -> list[int]:
    """Return the processes of the product that play a role, each told so by its environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            said = dict(each.partition("=")[::2] for each in path.read_text(errors="replace").split("\0"))
            ours = said.get("VISOR_DATA_DIR") == str(stack.data_dir)
            if ours and role in said.get("VISOR_ROLES", "").split(","):
                found.append(int(path.parent.name))
    return found


def processor_seconds(pids: Iterable[int], *, ended: bool = False) -> float:
    """Return what these processes have taken so far, in user and kernel mode (proc(5), Linux alone).

    With `ended`, also what children took that have ended by now.
    """
    ticks = 0
    for pid in pids:
        # A backend may end while it is looked for.
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11 : 15 if ended else 13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _private(pid: int) -> int:
    """Return the bytes that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
