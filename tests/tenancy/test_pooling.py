"""P07, O14: through a pooler that hands connections on, no process starts; a real PgBouncer says why."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from devtools.stack.services import free_port, unprivileged_user
from devtools.stack.stack import as_user, own_database
from tests.needs import pgbouncer_program
from tests.unit.config.process import collected, production, python

pytestmark = [pytest.mark.needs("postgresql", "pgbouncer"), pytest.mark.requirement("S8.3-02")]
SECONDS = 20
CONFIGURATION = """
[databases]
{name} = host=127.0.0.1 port={server} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
"""


@pytest.fixture(scope="module")
def direct() -> Iterator[str]:
    """The URL of an empty database on PostgreSQL itself."""
    with own_database() as url:
        assert url is not None
        yield url


@pytest.fixture(params=["transaction", "session"])
def pooled(request: pytest.FixtureRequest, direct: str) -> Iterator[str]:
    """The URL of the same database through PgBouncer."""
    place, _, name = direct.rpartition("/")
    port, user = free_port(), unprivileged_user()
    with tempfile.TemporaryDirectory(prefix="visor-pooler-") as folder:
        if user:
            shutil.chown(folder, user)  # PgBouncer runs as root as little as PostgreSQL does.
        told = {"name": name, "server": place.rpartition(":")[2], "port": port, "folder": folder}
        (Path(folder) / "pooler.ini").write_text(CONFIGURATION.format(mode=request.param, **told))
        (Path(folder) / "users").write_text('"visor_web" ""\n')
        pooler = subprocess.Popen([str(pgbouncer_program()), "-q", f"{folder}/pooler.ini"], user=user)
        url = f"postgres://127.0.0.1:{port}/{name}"
        try:
            _await(as_user(url, "visor_web"))
            yield url
        finally:
            pooler.terminate()
            pooler.wait(timeout=SECONDS)


def _await(url: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.1)
    raise AssertionError("PgBouncer does not answer")


def _start(url: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return python(
        "import config.wsgi",
        **{**production(folder, "web"), "VISOR_DATABASE_URL": url, "VISOR_STATIC_ROOT": str(collected())},
    )


@pytest.mark.parametrize("pooled", ["transaction"], indirect=True)
def test_o14_one_connection_would_speak_in_the_scope_that_another_one_was_told(pooled: str) -> None:
    url = as_user(pooled, "visor_web")
    with psycopg.connect(url, autocommit=True) as ours, psycopg.connect(url, autocommit=True) as theirs:
        ours.execute("SELECT set_config('visor.tenant', 'ours', false)")
        row = theirs.execute("SELECT current_setting('visor.tenant', true)").fetchone()
    assert row == ("ours",)


@pytest.mark.parametrize("pooled", ["transaction", "session"], indirect=True)
def test_p07_no_production_process_starts_through_a_pooler(pooled: str, tmp_path: Path) -> None:
    done = _start(pooled, tmp_path)
    assert done.returncode != 0
    assert "a connection pooler stands before PostgreSQL" in done.stderr
    assert "let VISOR_DATABASE_URL name PostgreSQL itself" in done.stderr


def test_p07_beside_postgresql_itself_it_starts(direct: str, tmp_path: Path) -> None:
    done = _start(direct, tmp_path)
    assert done.returncode == 0, done.stderr
