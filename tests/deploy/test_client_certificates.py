"""The reference proxy ends TLS 1.3, and passes on what a caller proved by a certificate; no claim of one."""

import base64
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from devtools.stack.services import free_port
from tests.attacks.proxying import REFERENCE, ROOT, configuration, running
from tests.needs import nginx_program
from tests.provider.mtls.authorities import NAME, build
from tests.unit.config.served import served

pytestmark = pytest.mark.needs("nginx", "nginx-js")
OFF = 'map "" $client_certificate {\n    default "";\n  }\n'


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the header that Visor would read."""
    said = environ.get("HTTP_CLIENT_CERT", "none").encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Files of a certificate that nobody signed but its holder, and of its key."""
    folder = tmp_path_factory.mktemp("holder")
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate").write_bytes(build(NAME, key).public_bytes(Encoding.PEM))
    return str(folder / "certificate"), str(folder / "key")


@pytest.fixture(scope="module", params=["off", "on"])
def proxy(
    request: pytest.FixtureRequest, holder: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Whether certificates are asked for, and the address of the reference with its TLS."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    text = REFERENCE.replace("listen 443 ssl default_server", f"listen 127.0.0.1:{port} ssl")
    for shipped, own in zip(("certificate.pem", "key.pem"), holder, strict=True):
        text = text.replace(f"/etc/visor/tls/{shipped}", own)
    text = text.replace("/opt/visor/current", str(ROOT)).replace("# TLS", "#")
    if request.param == "on":
        assert OFF in text
        text = text.replace("#mtls ", "").replace(OFF, "")
        text = text.replace("load_module modules/", "load_module /usr/lib/nginx/modules/")
    with served(echo) as ((_, server), _):
        (folder / "nginx.conf").write_text(configuration(folder, port, server, text), encoding="utf-8")
        command = [str(nginx_program()), "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with running([*command, "-g", "daemon off;"], port, folder / "out"):
            yield request.param, f"https://127.0.0.1:{port}/t/a/token"


def asked(address: str, holder: tuple[str, str], *, shows: bool) -> str:
    session = requests.Session()
    session.trust_env = False  # which may name authorities that are asked all the same
    session.cert, session.verify = holder if shows else None, False
    with pytest.warns(match="Unverified"):
        answer = session.get(address, headers={"Client-Cert": ":made up:"}, timeout=5)
    return answer.text


@pytest.mark.requirement("S9.4-05")
def test_what_was_proved_is_passed_on_and_no_claim(proxy: tuple[str, str], holder: tuple[str, str]) -> None:
    asks, address = proxy
    der = ssl.PEM_cert_to_DER_cert(Path(holder[0]).read_text(encoding="ascii"))
    proved = f":{base64.b64encode(der).decode()}:" if asks == "on" else "none"
    assert asked(address, holder, shows=True) == proved
    assert asked(address, holder, shows=False) == "none"


@pytest.mark.requirement("S9.4-04")
def test_no_older_version_of_tls_is_spoken(proxy: tuple[str, str]) -> None:
    host, _, port = proxy[1].removeprefix("https://").partition("/")[0].partition(":")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection((host, int(port)), timeout=5) as plain,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
    ):
        old.wrap_socket(plain)
