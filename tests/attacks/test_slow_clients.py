"""T05, O15: connections that send slowly or nothing do not keep the server from anybody else.

Without a proxy a hundred of each kind, behind the reference proxy of deploy/nginx a thousand.
"""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from config import secrets
from config.arriving import HEAD_SECONDS
from config.bodies import LONGEST, LONGEST_SAMPLE
from devtools.stack.services import free_port
from tests.attacks.proxying import REFERENCE, proxy_of, running
from tests.attacks.slow import BEGINNINGS, connections, drip, seconds_to_answer
from tests.campaign import Size, sampled
from tests.needs import nginx_program

# Nobody else waits longer than this, in seconds.
PATIENCE = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Web alone, as gunicorn starts it in this folder; it says that it is up without a database."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    made = secrets.generate()
    secrets.write(folder / "secrets.json", {section: made[section] for section in ("public", "web")})
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}"]
    with running(command, port, folder / "log", VISOR_ROLES="web", VISOR_DATA_DIR=str(folder)):
        seconds_to_answer(port)  # which loads the routes
        yield port


@pytest.fixture(scope="module")
def proxy(server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The reference proxy before it."""
    with proxy_of(server, tmp_path_factory.mktemp("proxy")) as port:
        yield port


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def slowest(port: int, count: int, beginning: bytes) -> float:
    """How long somebody else waits at most, beside so many connections with this much sent on each."""
    with connections(port, count, beginning) as held:
        seconds = [seconds_to_answer(port) for _ in range(5)]
        drip(held)
        return max(*seconds, seconds_to_answer(port), seconds_to_answer(port))


@pytest.mark.requirement("S9.4-08")
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_hundred_that_do_not_end_stop_nobody(server: int, beginning: bytes, size: Size) -> None:
    count = size("connections", sample=100, whole=800)
    assert slowest(server, count, beginning) < PATIENCE


def test_who_never_ends_a_head_is_sent_away(server: int) -> None:
    with connections(server, 1, BEGINNINGS["half a head"]) as (one,):
        one.settimeout(HEAD_SECONDS + 3)
        assert one.recv(100) == b""


@pytest.mark.needs("nginx")
@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("beginning", sampled(BEGINNINGS, "half a head", "half a body"))
def test_a_thousand_stop_nobody_behind_the_proxy(proxy: int, beginning: bytes) -> None:
    assert slowest(proxy, 1000, beginning) < PATIENCE


@pytest.mark.needs("nginx")
@pytest.mark.parametrize(("accepted", "kind"), [("text/html", "text/html"), ("*/*", "application/json")])
def test_without_the_server_the_proxy_asks_to_come_again(tmp_path: Path, accepted: str, kind: str) -> None:
    with proxy_of(free_port(), tmp_path) as port:
        answer = requests.get(f"http://127.0.0.1:{port}/t/a/me/", headers={"Accept": accepted}, timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Type"] == kind
    assert "try again" in answer.text.lower()


@pytest.mark.needs("nginx")
def test_the_reference_is_one_that_nginx_takes(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    assert openssl
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-subj", "/CN=id.example.org", "-keyout", f"{tmp_path}/key.pem", "-out"]
    subprocess.run([*made, f"{tmp_path}/certificate.pem"], check=True, capture_output=True)
    text = REFERENCE.replace("/etc/visor/tls", str(tmp_path)).replace("/var/log/nginx/", f"{tmp_path}/")
    text = text.replace("/run/nginx.pid", f"{tmp_path}/pid")
    text = text.replace("/var/cache/nginx/visor", f"{tmp_path}/cache")
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    program = nginx_program()
    assert program
    checked = [program, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(checked, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 0, done.stderr


def test_the_proxys_numbers_are_those_of_the_server() -> None:
    assert f"client_max_body_size {LONGEST // 1024}k;" in REFERENCE
    assert f"client_max_body_size {LONGEST_SAMPLE // 1024**2}m;" in REFERENCE
    assert f"client_header_timeout {HEAD_SECONDS:.0f}s;" in REFERENCE
