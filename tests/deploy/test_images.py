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
from concurrent.futures import ThreadPoolExecutor
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
from tests.deploy.contained import Container, Counted, Image
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
# As many as ask a site at once here.
MANY = 40
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
    counted: dict[str, Counted] = field(default_factory=dict)

    def container(self, name: str) -> Container:
        """Return the container of a service."""
        one = SERVICES[name]
        told = {key: contained.chosen(value, self.told) for key, value in one["environment"].items()}
        if "VISOR_WATCH_ADDRESS" in told:
            told["VISOR_WATCH_ADDRESS"] = f"127.0.0.1:{self.ports[name]}"
        volumes = {target: self._volume(name, target) for target in _targets(one)}
        told |= {key: value for key, value in self.changes.items() if key in told}
        volumes |= {f"/run/secrets/{file}": self.folder / "secrets" / file for file in one["secrets"]}
        return Container(
            self.image(name),
            one["user"],
            self.folder / name,
            told,
            one.get("group_add", ()),
            volumes,
            one.get("cap_add", ()),
            self._counted(name),
        )

    def image(self, name: str) -> Image:
        """Return the image of a service."""
        return self.images[contained.group_of(SERVICES[name]["image"])]

    def line(self, name: str, *more: str) -> list[str]:
        """Return the command that starts a service."""
        one = SERVICES[name]
        program = self.image(name).command([*one.get("command", ()), *more], entry=one.get("entrypoint"))
        return self.container(name).line(program)

    def ended(self, name: str, *more: str) -> str:
        """Return what a service said that has come to its end, and well."""
        done = subprocess.run(self.line(name, *more), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _counted(self, name: str) -> Counted | None:
        if name not in self.counted and Counted.is_here():
            self.counted[name] = Counted(name, SERVICES[name]["pids_limit"])
        return self.counted.get(name)

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
        made = Profile(folder, images, told, {"VISOR_DATABASE_URL": database})
        yield made
        for one in made.counted.values():
            one.close()


def answers_at(port: int, path: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=4) as said:
        return bool(said.status == 200)
    return False


def answered_by(place: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(str(place / "sock"))
        way.sendall(HEALTH)
        return way.recv(65536)


@pytest.fixture(scope="module")
def running(profile: Profile) -> Iterator[Running]:
    """Every process of ours, after the roles and tables were made, as compose does."""
    for command in ("roles", "migrate"):
        profile.ended(command)
    with ExitStack() as things:
        started: Running = {}
        for name in OURS:
            log = things.enter_context((profile.folder / f"{name}.log").open("wb"))
            started[name] = subprocess.Popen(profile.line(name), stdout=log, stderr=log)
            things.callback(stop, started[name])
        for name in OURS:
            eventually(partial(answers_at, profile.ports[name], "/live"), 120)
        yield started


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a container at once: its first process, whose parent waits for it."""
    if process.poll() is None:
        with suppress(IndexError, OSError):
            os.kill(first(process), signal.SIGKILL)
    process.wait()


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


@pytest.mark.parametrize("name", ["web", "portal"])
def test_the_site_answers_many_at_once_at_its_socket(profile: Profile, running: Running, name: str) -> None:
    with ThreadPoolExecutor(MANY) as people:
        answers = [people.submit(answered_by, profile.volumes[f"/run/visor/{name}"]) for _ in range(MANY)]
    assert {one.result()[:12] for one in answers} == {b"HTTP/1.1 200"}


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("name", ["web", "portal", "scheduler", "worker", "migrate", "backup"])
def test_django_finds_nothing_wrong_with_how_it_is_deployed(profile: Profile, name: str) -> None:
    done = profile.container(name).tried("python", "manage.py", "check", "--deploy")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    # Whether browsers are to know the site by heart is its operator's to decide.
    known = {"security.W021"}
    if name in {"scheduler", "worker"}:
        known |= {"security.W001", "security.W002", "security.W003"}  # they answer no requests
    assert set(re.findall(r"\b\w+\.[EW]\d+", said)) <= known, said


def test_a_copy_of_the_database_comes_back(profile: Profile, running: Running) -> None:
    """Into another database of the same server, where all that is said of it holds."""
    assert " rows of " in profile.ended("backup")
    (copy,) = profile.volumes["/var/lib/visor/copies"].iterdir()
    assert (copy.stat().st_uid, copy.stat().st_mode & 0o777) == (IN_CONTAINERS["backup"], 0o700)
    address = profile.folder / "secrets" / "administrator_url"
    before = address.read_text()
    address.write_text(before.replace("/visor", "/restored"))
    try:
        said = profile.ended("restore", f"/var/lib/visor/copies/{copy.name}")
    finally:
        address.write_text(before)
    assert "Log and seals hold." in said


def test_no_service_comes_near_the_number_of_processes_that_it_may_have(profile: Profile) -> None:
    """As many threads and processes as all that went before made."""
    if not profile.counted:
        pytest.skip("the kernel does not count processes of a group here")
    for name, group in profile.counted.items():
        assert 1 < group.peak() <= SERVICES[name]["pids_limit"] / 2, name


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
