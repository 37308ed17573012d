"""The images, where they were built: what is in them, and that what compose.yaml starts in them works.

Each process is allowed as little as compose.yaml says. In `make campaign`, by root, beside buildah.
"""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.installing import answers, environment, steps
from config.installing.layout import IN_CONTAINERS, Layout
from config.installing.steps import Installation
from devtools.stack.services import empty_cluster, free_port
from tests.deploy import contained
from tests.deploy.contained import Container, Image
from tests.deploy.test_compose import OURS, SERVICES
from tests.deploy.test_machine import HEALTH, JUDGE, broker, eventually
from tests.journeys.test_setup import guarded
from tests.unit.config.test_installing import SAID

NOT_HERE = contained.missing()
pytestmark = [
    pytest.mark.whole,
    pytest.mark.needs("postgresql", "redis"),
    pytest.mark.skipif(NOT_HERE is not None, reason=str(NOT_HERE)),
]
TOOLS = ("cc", "gcc", "g++", "clang", "ld", "as", "make", "pip", "pip3")
# Whose mode lets everybody write, in every Debian.
EVERYBODYS = re.compile(r"(tmp|var/tmp|run/lock|dev(/.*)?)$")
OURS_TO_WRITE = re.compile(r"(var/lib|run)/visor/")
Running = dict[str, "subprocess.Popen[bytes]"]


@dataclass
class Profile:
    """What compose.yaml starts, on this machine's PostgreSQL and Redis."""

    folder: Path
    images: dict[str, Image]
    told: dict[str, str]
    changes: dict[str, str]
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in OURS})
    volumes: dict[str, Path] = field(default_factory=dict)

    def container(self, name: str) -> Container:
        """Return the container of a service."""
        one = SERVICES[name]
        told = {key: contained.chosen(value, self.told) for key, value in one["environment"].items()}
        if "VISOR_WATCH_ADDRESS" in told:
            told["VISOR_WATCH_ADDRESS"] = f"127.0.0.1:{self.ports[name]}"
        volumes = {target: self._volume(name, target) for target in _targets(one)}
        told |= {key: value for key, value in self.changes.items() if key in told}
        volumes |= {f"/run/secrets/{file}": self.folder / "secrets" / file for file in one["secrets"]}
        groups = one.get("group_add", ())
        return Container(self.image(name), one["user"], self.folder / name, told, groups, volumes)

    def image(self, name: str) -> Image:
        """Return the image of a service."""
        return self.images["worker" if name == "worker" else "web"]

    def line(self, name: str) -> list[str]:
        """Return the command that starts a service."""
        one = SERVICES[name]
        program = self.image(name).command(one["command"], entry=one.get("entrypoint"))
        return self.container(name).line(program)

    def _volume(self, name: str, target: str) -> Path:
        if target not in self.volumes:
            at = self.folder / "volumes" / target.lstrip("/")
            self.volumes[target] = contained.as_laid_out(self.image(name), target, at)
        return self.volumes[target]


def _targets(one: dict[str, Any]) -> list[str]:
    return [volume.split(":")[1] for volume in one.get("volumes", ())]


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    """What the set-up writes beside compose.yaml, and what an operator does."""
    folder = tmp_path_factory.mktemp("profile")
    with ExitStack() as things:
        administrator, queue = guarded(things.enter_context(empty_cluster())), things.enter_context(broker())
        with psycopg.connect(administrator.replace("/visor", "/postgres"), autocommit=True) as server:
            server.execute("CREATE DATABASE visor")  # as PostgreSQL's own image does
        site = Installation(
            answers.checked({**SAID, "broker_url": queue}), Layout("compose", folder, folder), print
        )
        for step in (steps.write_secrets, steps.write_environments):
            step(site)
        (folder / "secrets" / "administrator_url").write_text(administrator)
        images = {
            group: things.enter_context(contained.opened(name)) for group, name in contained.images().items()
        }
        database = f"postgres://{administrator.rpartition('@')[2]}"
        told = environment.read(folder / ".env")
        yield Profile(folder, images, told, {"VISOR_DATABASE_URL": database})


def answers_at(port: int, path: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=4) as said:
        return bool(said.status == 200)
    return False


@pytest.fixture(scope="module")
def running(profile: Profile) -> Iterator[Running]:
    """Every process of ours, after the roles and tables were made, as compose does."""
    for command in ("roles", "migrate"):
        done = subprocess.run(profile.line(command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    with ExitStack() as things:
        started: Running = {}
        for name in OURS:
            log = things.enter_context((profile.folder / f"{name}.log").open("wb"))
            started[name] = subprocess.Popen(profile.line(name), stdout=log, stderr=log)
            things.callback(started[name].wait)
            things.callback(started[name].kill)
        for name in OURS:
            eventually(partial(answers_at, profile.ports[name], "/live"), 120)
        yield started


def first(process: "subprocess.Popen[bytes]") -> int:
    """Return the first process of a container."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


@pytest.fixture(params=sorted(contained.images()))
def files(profile: Profile, request: pytest.FixtureRequest) -> Path:
    return profile.images[request.param].files


@pytest.mark.requirement("S9.4-14")
def test_an_image_has_no_compiler_and_nothing_that_installs_packages(files: Path) -> None:
    places = ("usr/bin", "usr/local/bin", "opt/visor/venv/bin")
    assert [name for name in TOOLS for place in places if (files / place / name).exists()] == []
    assert list(files.glob("opt/visor/venv/lib/*/site-packages/pip")) == []


@pytest.mark.requirement("S9.4-14")
def test_no_role_may_change_what_it_is_made_of(files: Path) -> None:
    """Even where an engine lets its root be written to."""
    users = set(IN_CONTAINERS.values())
    found = [
        str(path.relative_to(files))
        for path in files.rglob("*")
        if not path.is_symlink() and (path.stat().st_uid in users or path.stat().st_mode & 0o002)
    ]
    assert [one for one in found if not EVERYBODYS.match(one) and not OURS_TO_WRITE.match(one)] == []


@pytest.mark.requirement("S9.4-14")
def test_every_process_runs_as_its_roles_user_on_files_that_it_cannot_change(running: Running) -> None:
    for name, process in running.items():
        at = Path(f"/proc/{first(process)}")
        status = dict(
            line.split(":\t", 1) for line in (at / "status").read_text().splitlines() if ":\t" in line
        )
        assert status["Uid"].split() == [OURS[name]["user"].split(":")[0]] * 4
        assert (int(status["CapBnd"], 16), status["NoNewPrivs"]) == (0, "1")
        mounts = [line.split() for line in (at / "mounts").read_text().splitlines()]
        assert "ro" in [options for _, place, _, options, *_ in mounts if place == "/"][-1].split(",")


def test_each_has_what_its_own_work_needs(profile: Profile, running: Running) -> None:
    for name in running:
        eventually(partial(answers_at, profile.ports[name], "/serving"))
        assert "Traceback" not in (profile.folder / f"{name}.log").read_text()
    eventually(partial(answers_at, profile.ports["web"], "/ready"))


def test_the_check_of_its_health_is_one_that_it_passes(profile: Profile, running: Running) -> None:
    for name in running:
        kind, *program = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        profile.container(name).run(*program)


def test_the_site_answers_at_its_sockets(profile: Profile, running: Running) -> None:
    for name in ("web", "portal"):
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(profile.volumes[f"/run/visor/{name}"] / "sock"))
            way.sendall(HEALTH)
            assert way.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_worker_has_its_networks(profile: Profile) -> None:
    code = re.sub(r"reached = .*", "reached = []", JUDGE)
    judge = ("python", "manage.py", "shell", "--no-imports", "--command", code)
    said = profile.container("worker").run(*judge)
    assert json.loads(said.strip().splitlines()[-1]) == [[], [1, 128], []]


@pytest.mark.requirement("S9.4-08")
def test_each_ends_within_its_time(running: Running) -> None:
    began = time.monotonic()
    for process in running.values():
        os.kill(first(process), signal.SIGTERM)
    for name, process in running.items():
        seconds = int(OURS[name]["stop_grace_period"].removesuffix("s"))
        assert process.wait(max(0.1, began + seconds - time.monotonic())) == 0, name
