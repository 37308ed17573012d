"""Requests as clients put them on the wire, to the server as it is started: chunked, and long."""

import json
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from config.arriving import LONGEST_REQUEST_LINE
from devtools.stack.stack import Stack, running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("wire"), worker=False) as product:
        product.python(
            "from authsvc.oidc.offering.options import set_options\n"
            "set_options(dynamic_registration=True, open_registration=True)\n"
            "print(json.dumps(1))"
        )
        yield product


@pytest.fixture(scope="module")
def root(stack: Stack) -> str:
    return f"{stack.base_url}/t/demo/"


@pytest.fixture(scope="module")
def client(root: str) -> dict[str, Any]:
    document = {"redirect_uris": ["https://partner.example/callback"]}
    made = requests.post(
        f"{root}register", data=iter([json.dumps(document).encode()]), headers=JSON, timeout=20
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


T = 60
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def chunks(body: str) -> Iterator[bytes]:
    """Requests sends what comes from an iterator chunked; here in pieces of five bytes."""
    for start in range(0, len(body), 5):
        yield body[start : start + 5].encode()


def raw(address: str, request: bytes) -> bytes:
    """What the server answers to these very bytes, until it closes."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def test_p01_token_and_par_read_chunked_forms(root: str, client: dict[str, Any]) -> None:
    auth = (client["client_id"], client["client_secret"])
    answer = requests.post(
        f"{root}token", data=chunks("grant_type=elsewhere"), headers=FORM, auth=auth, timeout=20
    )
    assert answer.json()["error"] == "unsupported_grant_type"
    body = "response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fpartner.example%2Fcallback"
    pushed = requests.post(f"{root}par", data=chunks(body), headers=FORM, auth=auth, timeout=T)
    assert pushed.status_code == 201


@pytest.mark.parametrize("path", ["introspect", "revoke"])
def test_p01_other_endpoints_of_clients(root: str, client: dict[str, Any], path: str) -> None:
    auth = (client["client_id"], client["client_secret"])
    answer = requests.post(f"{root}{path}", data=chunks("token=abc"), headers=FORM, auth=auth, timeout=T)
    assert answer.status_code == 200, answer.text


def test_p01_the_authorization_endpoint(root: str, client: dict[str, Any]) -> None:
    body = f"client_id={client['client_id']}&response_type=code&scope=openid&state=s&prompt=none"
    body += "&redirect_uri=https%3A%2F%2Fpartner.example%2Fcallback"
    slug = root.rstrip("/").rsplit("/", 1)[1]
    cookie = {"Cookie": f"visor_session_{slug}={secrets.token_urlsafe(32)}"}
    answer = requests.post(
        f"{root}authorize", data=chunks(body), headers={**FORM, **cookie}, timeout=T, allow_redirects=False
    )
    assert answer.status_code in {302, 303}, answer.text


def test_p01_limits_hold(root: str) -> None:
    endless = requests.post(
        f"{root}register", data=(b"x" * 100_000 for _ in range(63)), headers=JSON, timeout=60
    )
    assert endless.status_code == 413
    longer = requests.post(f"{root}register", data=(b"x" * 1000 for _ in range(70)), headers=JSON, timeout=T)
    assert (longer.status_code, longer.json()["error"]) == (400, "invalid_client_metadata")
    form = requests.post(
        f"{root}token", data=(b"a=" + b"x" * 100_000 for _ in range(12)), headers=FORM, timeout=20
    )
    assert form.status_code in {400, 413}


@pytest.mark.parametrize(
    "chunked",
    [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"-1\r\n\r\n"],
)
def test_p01_chunks_that_are_none_are_refused(root: str, chunked: bytes) -> None:
    head = f"POST {urlsplit(root).path}token HTTP/1.1\r\nHost: {urlsplit(root).netloc}\r\n"
    head += "Transfer-Encoding: chunked\r\nConnection: close\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    assert raw(root, head.encode() + chunked).startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


def asked(root: str, client: dict[str, Any], length: int) -> str:
    """An authorization request whose request line has this many bytes."""
    url = f"{root}authorize?client_id={client['client_id']}&response_type=code&scope=openid"
    url += "&redirect_uri=https%3A%2F%2Fpartner.example%2Fcallback&prompt=none&state="
    path = url.removeprefix(f"{urlsplit(root).scheme}://{urlsplit(root).netloc}")
    return url + "s" * (length - len(f"GET {path} HTTP/1.1"))


@pytest.mark.parametrize("length", [4000, 4094, 4095, 6000, LONGEST_REQUEST_LINE])
def test_p04_long_addresses_are_followed(root: str, client: dict[str, Any], length: int) -> None:
    answer = requests.get(asked(root, client, length), timeout=T, allow_redirects=False)
    assert answer.status_code == 302
    assert "login_required" in answer.headers["Location"]


@pytest.mark.parametrize("length", [LONGEST_REQUEST_LINE + 1, 8300, 20_000, 200_000])
def test_p04_longer_ones_get_a_page_that_says_so(root: str, client: dict[str, Any], length: int) -> None:
    answer = requests.get(asked(root, client, length), timeout=T)
    assert answer.status_code == 414
    assert "This address is too long" in answer.text
    assert 'rel="stylesheet"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    # The next one on a fresh connection is served as ever.
    assert requests.get(f"{root}jwks", timeout=T).status_code == 200


def test_p04_a_page_is_not_made_of_what_came(root: str) -> None:
    path = f"{urlsplit(root).path}authorize?x=<b>%3Cimg%3E" + "y" * 9000
    answer = raw(root, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 414")
    page = answer.partition(b"\r\n\r\n")[2]
    assert not [part for part in (b"<b>", b"<img", b"%3Cimg", b"yyy") if part in page]


def test_t23_a_line_of_the_servers_log_is_not_written_by_a_path(stack: Stack, root: str) -> None:
    mark = secrets.token_hex(8)
    requests.get(f"{root}enrol/{mark}%0aforged-{mark}/", timeout=T)
    requests.post(f"{root}enrol/{mark}%0aforged-{mark}/consent", json={}, timeout=T)
    logs = list(Path(stack.data_dir).rglob("*.log"))
    assert logs
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)
    assert f"forged-{mark}" not in text
