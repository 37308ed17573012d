"""Addresses that a relying party names and this server calls: slow, endless, internal, and changing ones."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from authsvc.clients.services import register
from authsvc.core.fetch import FetchRefused, fetch
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import put
from authsvc.delivery.sender import send_due
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.proofs.remote_keys import remote_keys
from authsvc.oidc.sessions.logout.backchannel import LOGOUT
from tests.provider.browser import Browser, make_partner

SECONDS = 1.0
# Far above SECONDS for a busy machine, and far below what the servers here would like to take.
PATIENCE = 20.0

INTERNAL = [
    "127.0.0.1",
    "10.0.0.7",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "255.255.255.255",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.7",
    "::7f00:1",
    "64:ff9b::a00:7",
    "2002:a00:7::1",
    "2001:0:a00:7::1",
    "2001:db8::1",
]


Behaviour = Callable[[socket.socket], None]


def forever(opening: bytes, piece: bytes, *, every: float = 0.0) -> Behaviour:
    """Send an opening and then the same piece again and again, without or with a pause."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(opening)
        while True:
            connection.sendall(piece)
            time.sleep(every)

    return behave


OK = b"HTTP/1.1 200 OK\r\n"
BLANKS = b" " * 65536

endless_body = forever(OK + b"Content-Type: application/json\r\n\r\n", BLANKS)
trickling_header = forever(OK + b"X-Long: ", b"a", every=0.2)


def silence(connection: socket.socket) -> None:
    while connection.recv(1024):
        pass


def broken_off(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"keys": []}')


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff" * 1000)


HOSTILE = {
    "endless body": endless_body,
    "long body": forever(OK + b"Content-Length: 1073741824\r\n\r\n", BLANKS),
    "trickling body": forever(OK + b"Content-Length: 1000\r\n\r\n", b" ", every=0.2),
    "trickling header": trickling_header,
    "endless headers": forever(OK, b"X: y\r\n" * 100),
    "endless continue": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=0.05),
    "trickling chunks": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", every=0.2),
    "silence": silence,
    "broken off": broken_off,
    "nonsense": nonsense,
}


@contextmanager
def serving(behave: Behaviour) -> Iterator[tuple[str, list[str]]]:
    """Serve on loopback while the block runs; yields the address, and what came in."""
    seen: list[str] = []
    open_ones: list[socket.socket] = []

    def handle(connection: socket.socket) -> None:
        try:
            seen.append(connection.recv(65536).decode("latin-1"))
            behave(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.append(connection)
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        listener.shutdown(socket.SHUT_RDWR)
    for connection in open_ones:
        connection.close()


@contextmanager
def in_time() -> Iterator[None]:
    """Fail where the block holds its thread for longer than anybody can excuse."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < PATIENCE


def resolving_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let every name resolve to each address in turn; returns the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("behave", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_is_refused_in_time(behave: Callable[[socket.socket], None]) -> None:
    with serving(behave) as (url, seen), in_time():
        with pytest.raises(FetchRefused):
            fetch(url, allow_loopback=True, seconds=SECONDS)
        assert len(seen) == 1


@pytest.mark.parametrize("address", INTERNAL)
def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolving_to(monkeypatch, address)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was called"))
    with pytest.raises(FetchRefused, match="not a public address"):
        fetch("https://partner.example/jwks")


def test_one_internal_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    with pytest.raises(FetchRefused, match=r"10\.0\.0\.7"):
        fetch("https://partner.example/jwks")


def test_a_name_that_changes_between_look_ups_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the connection goes to the address that was checked, not to a second answer."""
    asked = resolving_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    called: list[Any] = []

    def create_connection(address: Any, **_: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    with pytest.raises(FetchRefused):
        fetch("https://partner.example/jwks")
    assert (asked, called) == (["partner.example"], [("93.184.216.34", 443)])


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(PATIENCE) and [])
    with in_time(), pytest.raises(FetchRefused, match="no answer in time"):
        fetch("https://partner.example/jwks", seconds=SECONDS)
    ended.set()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://partner.example/",
        "http://partner.example/",
        "https://",
        "https://[::1",
        "https://partner.example:99999/",
        "https://\x00/",
        "https://.partner.example/",
        f"https://{'a' * 300}.example/",
        "https://partner.example/ HTTP/1.1\r\nX: y",
    ],
)
def test_an_address_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    resolving_to(monkeypatch, "93.184.216.34")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    with pytest.raises(FetchRefused):
        fetch(url, seconds=SECONDS)


def test_a_redirect_is_not_followed() -> None:
    with serving(silence) as (inside, asked):
        location = f"HTTP/1.1 302 Found\r\nLocation: {inside}/\r\nContent-Length: 0\r\n\r\n".encode()
        with serving(lambda connection: connection.sendall(location)) as (url, _):
            assert fetch(url, allow_loopback=True).status == 302
        assert asked == []


@pytest.mark.django_db
@pytest.mark.requirement("OIDC-DYNAMIC-03")
def test_a_client_with_an_endless_key_set_is_not_authenticated(visitor: Browser) -> None:
    with serving(endless_body) as (url, _), in_time():
        partner = make_partner(token_endpoint_auth_method="private_key_jwt", jwks_uri=f"{url}/jwks")
        assert remote_keys(partner.party.jwks_uri) == []


@pytest.mark.django_db
@pytest.mark.requirement("OIDC-DYNAMIC-06")
@pytest.mark.parametrize("behave", [endless_body, trickling_header], ids=["endless body", "trickling header"])
def test_a_hostile_sector_document_registers_nobody(
    visitor: Browser, behave: Callable[[socket.socket], None]
) -> None:
    set_options(dynamic_registration=True, open_registration=True)
    with serving(behave) as (url, _), in_time():
        sent = {
            "redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
            "sector_identifier_uri": f"{url}/sector",
        }
        path = f"{visitor.root}register"
        answer = visitor.http.post(path, json.dumps(sent), content_type="application/json")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.django_db
@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_hostile_logout_endpoints_do_not_hold_up_a_good_one(visitor: Browser) -> None:
    def welcome(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with ExitStack() as servers, serving(welcome) as (good, seen), in_time():
        bad = [servers.enter_context(serving(trickling_header))[0] for _ in range(6)]
        for number, url in enumerate([*bad, good]):
            party, _ = register(
                name=f"Partner {number}",
                redirect_uris=["https://partner.example/cb"],
                backchannel_logout_uri=f"{url}/logout",
            )
            put(LOGOUT, client=party, about="s", sub="s")
        assert send_due() == 1
        assert len(seen) == 1
    assert Delivery.objects.filter(delivered_at=None, tries=1).count() == 6
