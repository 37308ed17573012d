"""Safe outbound fetch: no internal address, no redirect, bounded size and time (SSRF)."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Thread, Timer
from time import monotonic
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CHUNK = 16 * 1024
# What was given out for the open network so far; anything else only leads back to a machine near by.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# 6to4 carries an IPv4 address inside, which could be an internal one (RFC 3056).
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


class FetchRefused(Exception):
    """The address may not be called, or the answer broke a limit; the text says which, for the log."""


@dataclass(frozen=True)
class Fetched:
    """An answer: its status, its content type in small letters, its body, and its headers as they came."""

    status: int
    content_type: str
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str:
        """Return the first header of a name, "" where there is none."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), "")


@dataclass(frozen=True)
class Target:
    """An address taken apart; `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    allow_loopback: bool = False,
    max_bytes: int = 256 * 1024,
    seconds: float = 5.0,
) -> Fetched:
    """Call an address that somebody else chose, and return its answer.

    The name is resolved once and the connection goes to that very address, so that a second look-up
    cannot lead elsewhere. Addresses that are not public are refused; loopback ones are let through,
    with plain http too, only where `allow_loopback` says so. Redirects are answers like any other and
    never followed. The whole call ends after `seconds`, from the look-up of the name to the last byte,
    also where the other side trickles. Raises FetchRefused.
    """
    deadline = monotonic() + seconds
    target = _target(url)
    address = public_address(target.host, target.port, allow_loopback=allow_loopback, seconds=seconds)
    if target.scheme == "http" and not ipaddress.ip_address(address).is_loopback:
        raise FetchRefused("only https is called")
    try:
        with _connected(target, address, deadline) as connection:
            connection.request(method, target.path, body=body, headers={"Accept": "*/*", **(headers or {})})
            answer = connection.getresponse()
            content_type = (answer.getheader("Content-Type") or "").split(";")[0].strip().lower()
            body = _read(answer, max_bytes, deadline)
            return Fetched(answer.status, content_type, body, answer.getheaders())
    except (OSError, HTTPException, ValueError) as problem:
        late = "it took too long: " if monotonic() >= deadline else ""
        raise FetchRefused(f"{late}{type(problem).__name__}: {problem}") from None


def public_address(host: str, port: int, *, allow_loopback: bool, seconds: float) -> str:
    """Return the first address of a host; raises FetchRefused where any of its addresses is internal."""
    addresses = _look_up(host, port, seconds)
    for address in addresses:
        _refuse_internal(ipaddress.ip_address(address.split("%")[0]), allow_loopback)
    return addresses[0]


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    found: list[str] = []
    problems: list[Exception] = []

    def look_up() -> None:
        try:
            # Not every resolver knows that these names are this machine's (RFC 6761 section 6.3).
            name = "localhost" if host.endswith(".localhost") else host
            entries = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
            found.extend(str(entry[4][0]) for entry in entries)
        except (OSError, ValueError) as problem:
            problems.append(problem)

    # The resolver has no time limit of its own, so it is waited for only as long as the call may take.
    resolver = Thread(target=look_up, daemon=True)
    resolver.start()
    resolver.join(seconds)
    if not found:
        raise FetchRefused(f"{host} does not resolve: {problems[0] if problems else 'no answer in time'}")
    return found


def _refuse_internal(address: Address, allow_loopback: bool) -> None:
    plain: Address = getattr(address, "ipv4_mapped", None) or address
    if plain.is_loopback and allow_loopback:
        return
    if not plain.is_global or plain.is_multicast or _leads_elsewhere(plain):
        raise FetchRefused(f"{address} is not a public address")


def _leads_elsewhere(address: Address) -> bool:
    return address.version == 6 and (address not in _GLOBAL_UNICAST or address in _SIX_TO_FOUR)


def _target(url: str) -> Target:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise FetchRefused("not a valid address") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise FetchRefused("not an http address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


@contextmanager
def _connected(target: Target, address: str, deadline: float) -> Iterator[HTTPConnection]:
    """Connect to this very address, with the certificate of the name, and let go at the deadline."""
    left = max(deadline - monotonic(), 0.001)
    plain = socket.create_connection((address, target.port), timeout=left)
    with plain, _cut_off(plain, deadline):
        connection: HTTPConnection
        if target.scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(target.host, target.port, context=context)
            connection.sock = context.wrap_socket(plain, server_hostname=target.host)
        else:
            connection = HTTPConnection(target.host, target.port)
            connection.sock = plain
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _cut_off(connected: socket.socket, deadline: float) -> Iterator[None]:
    """Shut the connection at the deadline: a trickle starts every time limit of a socket anew."""
    own = connected.dup()

    def shut() -> None:
        with suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)

    timer = Timer(max(deadline - monotonic(), 0), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        own.close()


def _read(answer: HTTPResponse, max_bytes: int, deadline: float) -> bytes:
    body = b""
    while chunk := answer.read1(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise FetchRefused(f"the answer is longer than {max_bytes} bytes")
    if answer.length or monotonic() >= deadline:
        raise FetchRefused("the answer was cut short, or took too long")
    return body
