"""`manage.py setup` on an empty server, twice, and then the product as its files say (O13)."""

import json
import shlex
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.installing import environment
from config.installing.environment import ROLES_WITH_FILES
from config.roles import ROLES
from deploy.rehearse import documented
from deploy.rehearse.mail import MailServer
from devtools.demo.run import ROOT
from devtools.stack.services import empty_cluster, free_port
from tests.unit.config.process import clean, manage
from tests.unit.keys.service.certificates import self_signed

# Beside `make test` the rehearsal sets an installation up, by these answers.
pytestmark = [
    pytest.mark.needs("postgresql", "redis", "models"),
    pytest.mark.requirement("SA-02", "S6.1-01"),
    pytest.mark.whole,
]
OWNER, HOST = "ada@example.org", "id.example.org"
ADMINISTRATOR, REDIS = "of-the-administrator", "of-redis"
START = 50
SITE = ("-m", "gunicorn", "config.wsgi", "--no-control-socket", "--threads", "4")
CELERY = ("-m", "celery", "--app", "config", "worker")
PROGRAMS = {
    "web": ("web", *SITE),
    "portal": ("portal", *SITE),
    "worker": ("worker", *CELERY, "--concurrency", "1"),
    "provider": (
        *("provider", *CELERY, "--beat", "--queues", "provider,deliveries,log"),
        *("--concurrency", "3", "--pool", "threads"),
    ),
    "sweeper": ("provider", "manage.py", "sweeper"),
}
"""What the page starts, each in the environment of a role's file."""


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[int, Path, list[str]]]:
    """Take mails by TLS; yield the port, whose certificate to trust, and the mails."""
    trusted, key = self_signed(folder, "127.0.0.1")
    mails: list[str] = []
    with MailServer(("127.0.0.1", 0), trusted, key, mails.append) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], trusted, mails
        server.shutdown()


@dataclass
class Machine:
    """A machine with nothing but PostgreSQL, Redis, a server of mail, and a file of answers."""

    folder: Path
    administrator: str
    answers: dict[str, str | int]
    trusted: Path
    mails: list[str]
    said: list[str] = field(default_factory=list)

    def setup(self, *more: str, **changes: str | int) -> "subprocess.CompletedProcess[str]":
        file = self.folder / "answers.toml"
        ((page,), (command,)) = (
            documented.blocks("installing.md", "The set-up", kind) for kind in ("toml", "sh")
        )
        told = {**tomllib.loads(page), **self.answers, **changes}
        given = {name: value for name, value in told.items() if value != ""}
        file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
        places = {"/root/visor.toml": str(file), "python manage.py": f"{sys.executable} {ROOT / 'manage.py'}"}
        at = ("--folder", self.folder / "etc", "--state", self.folder / "state", *more)
        line = f"{documented.placed(command, places).strip()} {shlex.join(map(str, at))}"
        return documented.run(line, clean(SSL_CERT_FILE=str(self.trusted)), cwd=ROOT)

    def told(self, role: str) -> dict[str, str]:
        env = clean(**environment.read(self.folder / "etc" / f"{role}.env"))
        return {**env, "SSL_CERT_FILE": str(self.trusted)}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with ExitStack() as things:
        administrator = guarded(things.enter_context(empty_cluster()))
        broker = _redis(things, folder)
        port, trusted, mails = things.enter_context(mail_server(folder))
        answers: dict[str, str | int] = {
            "database_url": f"postgres://{administrator.rpartition('@')[2]}",
            "database_administrator_url": administrator.replace("/visor", "/postgres"),
            "broker_url": broker,
            "mail_host": "127.0.0.1",
            "mail_port": port,
            "mail_tls": "implicit",
            "pages": str(folder / "pages"),
        }
        yield Machine(folder, administrator, answers, trusted, mails)


def guarded(url: str) -> str:
    """Let nobody into the server without a password, and return the administrator's address."""
    server = url.replace("/visor", "/postgres")
    with psycopg.connect(server, autocommit=True) as opened:
        opened.execute(f"ALTER ROLE root PASSWORD '{ADMINISTRATOR}'")
        ((file,),) = opened.execute("SHOW hba_file").fetchall()
        Path(file).write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        opened.execute("SELECT pg_reload_conf()")
    return url.replace("root@", f"root:{ADMINISTRATOR}@")


def _redis(things: ExitStack, folder: Path) -> str:
    program, port = shutil.which("redis-server"), free_port()
    assert program is not None
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", REDIS]
    made = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    things.callback(made.wait)
    things.callback(made.kill)
    return f"redis://:{REDIS}@127.0.0.1:{port}/0"


def _files(machine: Machine) -> dict[str, bytes]:
    etc = machine.folder / "etc"
    return {str(path.relative_to(etc)): path.read_bytes() for path in etc.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def done(machine: Machine) -> str:
    """What the first run said."""
    ran = machine.setup()
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_o13_what_keeps_a_role_from_starting_is_said_in_words(machine: Machine, done: str) -> None:
    nobody = {
        "VISOR_MAIL_PORT": str(free_port()),
        "VISOR_BROKER_URL": f"redis://:x@127.0.0.1:{free_port()}/0",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "check_start"]
    told = {**machine.told("provider"), **nobody, "VISOR_KEY_STORE": str(machine.folder / "nowhere")}
    ran = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    said = ran.stdout.splitlines()
    assert [line for line in said if "Redis does not let this process in (VISOR_BROKER_URL)" in line]
    assert [line for line in said if "the server that takes mail does not (127.0.0.1, VISOR_MAIL_…)" in line]
    assert [
        line for line in said if "nowhere is no folder that this process writes in (VISOR_KEY_STORE)" in line
    ]
    assert len(said) == len(nobody) + 1


def test_o13_each_role_gets_its_files_and_nobody_else_reads_them(machine: Machine, done: str) -> None:
    etc = machine.folder / "etc"
    files = {*(f"{role}.env" for role in ROLES_WITH_FILES), *(f"secrets/{name}.json" for name in _SECRETS)}
    assert set(_files(machine)) == files
    assert {(etc / name).stat().st_mode & 0o777 for name in files} == {0o600}
    assert all(f"{role}: can start" in done for role in ROLES)
    assert f"Ready: start the processes, and open https://{HOST}/portal/." in done
    # The administrator's address is for this one time.
    assert ADMINISTRATOR.encode() not in b"".join(_files(machine).values())


_SECRETS = (*ROLES, "migrator", "backup", "sequencer", "public")


def test_o13_the_first_owner_is_invited_once_and_a_second_run_changes_nothing(
    machine: Machine, done: str
) -> None:
    before, invited = _files(machine), len(machine.mails)
    assert invited == 1
    assert OWNER in machine.mails[0]
    again = machine.setup(mail_from="Harbour <id@example.org>")
    assert again.returncode == 0, again.stderr
    assert _files(machine) == before
    assert "secrets: as they were" in again.stdout
    assert "harbour is there already, and stays as it is." in again.stdout
    assert "says something else of VISOR_MAIL_FROM, and stays; --overwrite changes it" in again.stdout
    assert len(machine.mails) == invited


def test_o13_without_an_administrator_the_statements_are_written_and_let_every_role_in(
    machine: Machine, done: str, tmp_path: Path
) -> None:
    database = f"postgres://{machine.administrator.rpartition('@')[2].rpartition('/')[0]}/by_hand"
    own = Machine(tmp_path, machine.administrator, machine.answers, machine.trusted, machine.mails)
    ran = own.setup(database_administrator_url="", database_url=database)
    assert ran.returncode == 0, ran.stderr
    file = tmp_path / "etc" / "roles.sql"
    assert f"let its administrator run {file}" in ran.stdout
    statements = file.read_text()
    with psycopg.connect(machine.administrator, autocommit=True) as opened:
        for statement in statements.splitlines():
            if statement.startswith("CREATE ROLE"):
                altered = statement.replace("CREATE ROLE visor_", "CREATE ROLE by_hand_")
                opened.execute(altered)
    role = environment.read(tmp_path / "etc" / "web.env")
    held = json.loads((tmp_path / "etc" / "secrets" / "web.json").read_text())
    password = held["web"]["database_password"]
    where = machine.administrator.rpartition("@")[2].rpartition("/")[0]
    psycopg.connect(f"postgres://{where}/postgres", user="by_hand_web", password=password).close()
    assert role["VISOR_DATABASE_URL"] == database


def test_an_answer_that_cannot_be_used_is_told_before_anything_is_written(
    machine: Machine, tmp_path: Path
) -> None:
    own = Machine(tmp_path, machine.administrator, machine.answers, machine.trusted, machine.mails)
    ran = own.setup(base_url="http://id.example.org", owner="")
    assert ran.returncode != 0
    assert "base_url begins with https://" in ran.stderr
    assert "owner is not answered" in ran.stderr
    assert not (tmp_path / "etc").exists()


def test_where_nobody_can_answer_a_file_is_asked_for(tmp_path: Path) -> None:
    ran = manage("setup", "--folder", str(tmp_path / "etc"), VISOR_ENVIRONMENT="production")
    assert "name a file with --from" in ran.stderr


@contextmanager
def started(machine: Machine, ports: dict[str, int]) -> Iterator[None]:
    """Run every role as its file says."""
    with ExitStack() as things:
        for name, (role, *arguments) in PROGRAMS.items():
            more = ["--bind", f"127.0.0.1:{ports[name]}"] if name in ports else []
            log = things.enter_context((machine.folder / f"{name}.log").open("wb"))
            command = [sys.executable, *arguments, *more]
            running = subprocess.Popen(command, env=machine.told(role), cwd=ROOT, stdout=log, stderr=log)
            things.callback(_stopped, running)
        yield


def _stopped(running: "subprocess.Popen[bytes]") -> None:
    running.terminate()
    try:
        running.wait(timeout=10)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def _get(port: int, path: str) -> tuple[int, str]:
    asked = HTTPConnection("127.0.0.1", port, timeout=10)
    told = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    try:
        asked.request("GET", path, headers=told)
        answer = asked.getresponse()
        return answer.status, answer.read().decode()
    finally:
        asked.close()


def _await(port: int, path: str, machine: Machine) -> str:
    end, found = time.monotonic() + START, (0, "")
    while found[0] != 200:
        assert time.monotonic() < end, (found, {role: _tail(machine, role) for role in PROGRAMS})
        time.sleep(0.2)
        try:
            found = _get(port, path)
        except OSError as problem:
            found = (0, str(problem))
    return found[1]


def _tail(machine: Machine, role: str) -> str:
    return (machine.folder / f"{role}.log").read_text(errors="replace")[-1500:]


@pytest.mark.whole
def test_o13_every_role_starts_as_its_file_says_and_the_owner_follows_their_invitation(
    machine: Machine, done: str
) -> None:
    ports = {"web": free_port(), "portal": free_port()}
    link = next(word for word in machine.mails[0].replace("=\r\n", "").split() if word.startswith("https://"))
    with started(machine, ports):
        assert "harbour" in _await(ports["web"], "/t/harbour/.well-known/openid-configuration", machine)
        _await(ports["web"], "/readyz", machine)
        page = _await(ports["portal"], link.removeprefix(f"https://{HOST}"), machine)
    assert 'type="password"' in page
    assert Path(link).name not in _tail(machine, "portal")


@pytest.mark.whole
def test_o03_the_installation_is_copied_and_restored_by_the_lines_of_the_page(
    machine: Machine, done: str
) -> None:
    """After the test above, whose processes have taken the set-up's events into the log."""
    again = machine.administrator.replace("/visor", "/restored")
    places = {
        "/etc/visor": str(machine.folder / "etc"),
        "/backup/": f"{machine.folder / 'backup'}/",
        "/backup-keys/": f"{machine.folder / 'backup-keys'}/",
        "python manage.py": f"{sys.executable} {ROOT / 'manage.py'}",
    }
    (machine.folder / "backup-keys").mkdir()
    _key_pair(machine.folder / "etc" / "operator.pem")
    copying = documented.blocks("backup.md", "Copying") + documented.blocks("backup.md", "Restoring")
    env = clean(ADMINISTRATOR_URL=again, SSL_CERT_FILE=str(machine.trusted))
    said = ""
    for block in copying:
        ran = documented.run(documented.placed(block, places), env, cwd=ROOT)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        said = ran.stdout
    assert "Log and seals hold." in said
    assert "harbour: " in said
    with psycopg.connect(again) as opened:
        assert opened.execute("SELECT slug FROM tenancy_tenant").fetchall() == [("harbour",)]


def _key_pair(path: Path) -> None:
    """Write a public key of an operator, who keeps the private one elsewhere."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(public.public_bytes(serialization.Encoding.PEM, form))
