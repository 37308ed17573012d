"""The whole product, running: web, worker and partner site as the demo starts them, for end-to-end tests.

With PostgreSQL and Redis where the test run has them, over SQLite and the embedded queue otherwise.
"""

import contextlib
import itertools
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from devtools.demo.run import ROOT, await_ready, environment, prepare, processes
from devtools.phone.phone import SoftwarePhone
from devtools.stack.console import Console
from devtools.stack.services import TABLES, free_port

PATIENCE = 0.1
"""Of the cues' time: so long a product of a test waits for an answer at least, and a software phone too."""

OPERATOR = "operator@demo.example"
"""Who runs the installation; there is nobody until a test makes them."""


@dataclass(frozen=True)
class Stack:
    """A running product: its addresses, and a way to run code with its settings."""

    base_url: str
    partner_url: str
    data_dir: Path
    env: dict[str, str] = field(repr=False)
    console: Console | None = field(default=None, repr=False)

    @property
    def demo(self) -> dict[str, Any]:
        """Return what `demo_data` wrote."""
        content: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_text(encoding="utf-8"))
        return content

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py and return what it printed; raises CalledProcessError."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.env, check=True, capture_output=True, text=True)
        return done.stdout

    def python(self, code: str, *, tenant: str = "demo") -> Any:
        """Run code in a tenant's scope, with Django set up, and return the JSON that it prints.

        In the stack's console where it has one; else in a process that has just started.
        """
        prologue = (
            "import json\n"
            "from authsvc.tenancy.models import Tenant\n"
            "from authsvc.tenancy.scope import tenant_scope\n"
            f"tenant = Tenant.objects.get(slug={tenant!r})\n"
            "with tenant_scope(tenant.id):\n"
        )
        body = "".join(f"    {line}\n" for line in code.strip().splitlines())
        if self.console is not None:
            printed = self.console.run(prologue + body)
        else:
            printed = self.manage("shell", "--no-imports", "--command", prologue + body)
        return json.loads(printed) if printed.strip() else None

    def new_link(self, name: str) -> str:
        """Return an enrolment link for a new person."""
        made: str = self.python(
            "from authsvc.subjects.models import Subject\n"
            "from authsvc.enrolment.services import create_link\n"
            f"person = Subject.objects.create(name={name!r})\n"
            "print(json.dumps(create_link(subject=person, created_by='test')[1]))"
        )
        return made


@contextlib.contextmanager
def own_database(*, empty: bool = True) -> Iterator[str | None]:
    """Yield the URL of a database of one's own on the test run's PostgreSQL, or None without one.

    It names no user: each process connects by its own role. Tests name one by `as_user`. One that is not to
    be `empty` has all tables already, where the run has made a database to copy them from.
    """
    server = os.environ.get("VISOR_TEST_DATABASE_URL")
    if server is None:
        yield None
        return
    name = f"stack_{secrets.token_hex(6)}"
    source = "" if empty else copied_from(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source or 'template1'}")
    try:
        yield f"postgres://{server.rpartition('@')[2].rpartition('/')[0]}/{name}"
    finally:
        _drop(server, name)


def copied_from(server: str) -> str:
    """Return the name of the database with all tables on a server, of which others are copies, or ""."""
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TABLES]).fetchone()
    return TABLES if found else ""


def as_user(url: str, user: str) -> str:
    """Return the URL of a database with this user in it."""
    return url.replace("://", f"://{user}@", 1)


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        for _ in range(60):
            # We may end everybody's work but PostgreSQL's own vacuum, which soon comes to its end.
            with contextlib.suppress(psycopg.errors.ObjectInUse, psycopg.errors.InsufficientPrivilege):
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
                return
            time.sleep(0.5)
    raise AssertionError(f"{name} is in use")


# Of sixteen databases of Redis the first is left to tests that use the server themselves.
_QUEUES = itertools.cycle(range(1, 16))


def own_queue() -> str | None:
    """Return the URL of a database of one's own on the test run's Redis, or None without one.

    In a shared one, the worker of another product would take our messages.
    """
    server = os.environ.get("VISOR_TEST_REDIS_URL")
    if server is None:
        return None
    address, _, first = server.rpartition("/")
    return f"{address}/{int(first) + next(_QUEUES)}"


@contextlib.contextmanager
def _hurried() -> Iterator[None]:
    """Let software phones take no more of the cues' time than a product of a test asks for."""
    before, SoftwarePhone.patience = SoftwarePhone.patience, PATIENCE
    try:
        yield
    finally:
        SoftwarePhone.patience = before


@contextlib.contextmanager
def running(
    folder: Path, *, embedded: bool = False, worker: bool = True, office: bool = False, **changes: str
) -> Iterator[Stack]:
    """Run the product with its data in `folder` while the block runs.

    `embedded` leaves PostgreSQL and Redis out; without `worker` nothing judges a sample until the test
    starts a worker of its own. With `office` the long work of administrators is done, too.
    """
    ports = {"VISOR_PORT": str(free_port()), "PARTNER_PORT": str(free_port())}
    ours = ("VISOR_", "PARTNER_", "DJANGO_")  # What a test run is told of itself is not for the product.
    mine = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with contextlib.ExitStack() as stack:
        stack.enter_context(_hurried())
        database = None if embedded else stack.enter_context(own_database(empty=False))
        broker = None if embedded else own_queue()
        services = {"VISOR_DATABASE_URL": database, "VISOR_BROKER_URL": broker}
        given = {name: value for name, value in services.items() if value}
        # Attackers and people of tests all come from this machine.
        pace = {"VISOR_CUE_SHARE": str(PATIENCE), "VISOR_LIMITS": f"refused-address={10**9}"}
        pace["VISOR_OPERATORS"] = OPERATOR
        env = environment({**mine, **ports, **pace, "VISOR_DATA_DIR": str(folder), **given, **changes})
        folder.mkdir(parents=True, exist_ok=True)
        prepare(env)
        names = ["web", "provider", "sweeper", "partner"]
        names += [name for name, wanted in (("worker", worker), ("office", office)) if wanted]
        runner = stack.enter_context(processes(env, *names))
        await_ready(env, runner, worker=worker)
        yield Stack(env["VISOR_BASE_URL"], env["PARTNER_BASE_URL"], folder, env)
