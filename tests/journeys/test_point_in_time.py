"""The product goes back to a moment between two sign-ins, by the lines of docs/backup.md (O03)."""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from deploy.rehearse import documented
from devtools.demo.run import ROOT, await_ready, processes
from devtools.phone.phone import SoftwarePhone
from devtools.stack.services import DURABLE_SETTINGS, postgres_binary, postgresql, served, unprivileged_user
from devtools.stack.stack import as_user, running
from tests.product import enrolled

pytestmark = [
    pytest.mark.needs("postgresql", "redis", "photos", "models"),
    pytest.mark.whole,
]
SECTION = "To a moment"
SIGNED_IN = "SELECT count(*) FROM transactions_transaction WHERE state = 'consumed'"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may write."""
    made = Path(tempfile.mkdtemp(prefix="visor-moment-"))
    if user := unprivileged_user():
        shutil.chown(made, user)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _settings(number: int, places: dict[str, str]) -> dict[str, str]:
    lines = documented.placed(documented.blocks("backup.md", SECTION, "ini")[number], places).splitlines()
    return {name: value.strip("'") for name, value in (line.split(" = ", 1) for line in lines)}


def _as_postgres(block: str, folder: Path, **more: str) -> None:
    path = f"{Path(str(postgres_binary('postgres'))).parent}{os.pathsep}{os.environ['PATH']}"
    done = documented.run(block, {"PATH": path, **more}, user=unprivileged_user(), cwd=folder)
    assert done.returncode == 0, done.stderr


def test_o03_the_product_goes_back_to_a_moment_between_two_sign_ins(
    folder: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"/backup/": f"{folder}/", "python manage.py": f"{sys.executable} {ROOT / 'manage.py'}"}
    base_copy, recovering, asking = (
        documented.placed(block, places) for block in documented.blocks("backup.md", SECTION)
    )
    for name in ("wal", "base", "no-checkpoints"):
        (folder / name).mkdir()
        if user := unprivileged_user():
            shutil.chown(folder / name, user)
    archiving = {**DURABLE_SETTINGS, **_settings(0, places)}
    with ExitStack() as things:
        url = things.enter_context(postgresql(archiving))
        assert url is not None
        monkeypatch.setenv("VISOR_TEST_DATABASE_URL", url)
        with running(folder / "product") as stack:
            person = enrolled(stack, photos)
            port = url.rpartition(":")[2].partition("/")[0]
            _as_postgres(base_copy, folder, PGHOST="127.0.0.1", PGPORT=port, PGUSER="root")
            database = as_user(stack.env["VISOR_DATABASE_URL"], "root")
            SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
            with psycopg.connect(database, autocommit=True) as opened:
                time.sleep(3)  # the log takes up to two seconds to take an event in
                ((moment, before),) = opened.execute(
                    f"SELECT to_char(now(), 'YYYY-MM-DD HH24:MI:SS.USOF'), ({SIGNED_IN})"
                ).fetchall()
            SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
            with psycopg.connect(database, autocommit=True) as opened:
                assert opened.execute(SIGNED_IN).fetchall() == [(before + 1,)]
                ((last,),) = opened.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchall()
            _await(lambda: (folder / "wal" / last).exists())
        _as_postgres(recovering, folder)
        target = {**_settings(1, places), "recovery_target_time": moment}
        with (folder / "recovered" / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in target.items())
        there = things.enter_context(served(folder / "recovered", DURABLE_SETTINGS))
        recovered = re.sub(r":\d+/", f":{there}/", stack.env["VISOR_DATABASE_URL"])
        with psycopg.connect(as_user(recovered, "root"), autocommit=True) as opened:
            _await(lambda: opened.execute("SELECT pg_is_in_recovery()").fetchall() == [(False,)])
            assert opened.execute(SIGNED_IN).fetchall() == [(before,)]
        env = {**stack.env, "VISOR_DATABASE_URL": recovered}
        asking = asking.replace("2026-11-30 10:15:00+00", moment)
        asked = documented.run(asking, env)
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert "demo: " in asked.stdout
        outside = documented.run(asking.splitlines()[0].replace(str(folder / "no-checkpoints"), ""), env)
        assert "is missing" in outside.stderr, "what is kept outside knows of the sign-in that is gone"
        env["VISOR_LOG_ANCHOR"] = str(folder / "no-checkpoints")
        with processes(env, "web", "provider", "sweeper", "partner", "worker") as runner:
            await_ready(env, runner)
            again = replace(stack, env=env)
            SoftwarePhone(person).sign_in(f"{again.partner_url}/members")


def _await(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)
