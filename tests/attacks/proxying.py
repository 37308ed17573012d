"""The reference proxy of deploy/nginx before a server of the tests."""

import getpass
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.stack.services import free_port
from tests.needs import nginx_program
from tests.unit.config.process import clean

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text(encoding="utf-8")


@contextmanager
def running(command: list[str], port: int, log: Path, **env: str) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=clean(**env))
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def proxy_of(server: int, folder: Path) -> Iterator[int]:
    """The reference proxy before a server, without TLS, with its files in a folder of its own."""
    port, program = free_port(), nginx_program()
    assert program
    (folder / "nginx.conf").write_text(configuration(folder, port, server), encoding="utf-8")
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with running(command, port, folder / "out"):
        yield port


def configuration(folder: Path, port: int, server: int, reference: str = REFERENCE) -> str:
    """The reference as it is, but for where it listens, whom it calls and where its files lie."""
    text = re.sub(r"# TLS\n.*?# TLS ends", f"listen 127.0.0.1:{port};", reference, flags=re.DOTALL)
    text = text.replace("listen 80 default_server", f"listen 127.0.0.1:{free_port()}")
    for its_own in ("unix:/run/visor/web/sock", "unix:/run/visor/portal/sock"):
        text = text.replace(its_own, f"127.0.0.1:{server}")
    text = text.replace("/run/nginx.pid", f"{folder}/pid").replace("/var/log/nginx/", f"{folder}/")
    # Its processes keep the cache in a folder of ours, which nobody else may enter.
    text = text.replace("/var/cache/nginx/visor", f"{folder}/cache")
    text = text.replace("user www-data;", f"user {getpass.getuser()};")
    temporary = [f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy")]
    temporary += [f"{kind}_temp_path {folder}/{kind};" for kind in ("fastcgi", "uwsgi", "scgi")]
    return text.replace("http {", "http {\n" + "\n".join(temporary), 1)
