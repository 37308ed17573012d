"""Safe outbound fetch: no internal address, no redirect, bounded size and time (SSRF)."""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from time import monotonic
from urllib.parse import urlsplit

_CHUNK = 16 * 1024


class FetchRefused(Exception):
    """The address may not be called, or the answer broke a limit; the text says which, for the log."""


@dataclass(frozen=True)
class Fetched:
    """An answer: its status, its content type in small letters, and its body."""

    status: int
    content_type: str
    body: bytes


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
    never followed. The whole call, also a trickling one, ends after `seconds`. Raises FetchRefused.
    """
    deadline = monotonic() + seconds
    connection, path = _connect(url, allow_loopback, seconds)
    try:
        connection.request(method, path, body=body, headers={"Accept": "*/*", **(headers or {})})
        answer = connection.getresponse()
        return Fetched(
            answer.status,
            (answer.getheader("Content-Type") or "").split(";")[0].strip().lower(),
            _read(answer, connection, max_bytes, deadline),
        )
    except (OSError, HTTPException, ValueError) as problem:
        raise FetchRefused(f"{type(problem).__name__}: {problem}") from None
    finally:
        connection.close()


def public_address(host: str, port: int, *, allow_loopback: bool) -> str:
    """Return the first address of a host; raises FetchRefused where any of its addresses is internal."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise FetchRefused(f"{host} does not resolve: {problem}") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        _refuse_internal(ipaddress.ip_address(address.split("%")[0]), allow_loopback)
    return addresses[0]


def _refuse_internal(address: ipaddress.IPv4Address | ipaddress.IPv6Address, allow_loopback: bool) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_loopback and allow_loopback:
        return
    if not plain.is_global or plain.is_multicast:
        raise FetchRefused(f"{address} is not a public address")


def _connect(url: str, allow_loopback: bool, seconds: float) -> tuple[HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise FetchRefused("not a valid address") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise FetchRefused("not an http address")
    port = port or (443 if parts.scheme == "https" else 80)
    address = public_address(host, port, allow_loopback=allow_loopback)
    if parts.scheme == "http" and not ipaddress.ip_address(address).is_loopback:
        raise FetchRefused("only https is called")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _pinned(parts.scheme, host, address, port, seconds)
    return connection, path


def _pinned(scheme: str, host: str, address: str, port: int, seconds: float) -> HTTPConnection:
    connection: HTTPConnection
    try:
        plain = socket.create_connection((address, port), timeout=seconds)
        if scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(host, port, timeout=seconds, context=context)
            connection.sock = context.wrap_socket(plain, server_hostname=host)
        else:
            connection = HTTPConnection(host, port, timeout=seconds)
            connection.sock = plain
    except OSError as problem:
        raise FetchRefused(f"{host} cannot be reached: {problem}") from None
    return connection


def _read(answer: HTTPResponse, connection: HTTPConnection, max_bytes: int, deadline: float) -> bytes:
    body = b""
    while True:
        left = deadline - monotonic()
        if left <= 0:
            raise FetchRefused("it took too long")
        if connection.sock is not None:
            connection.sock.settimeout(left)
        chunk = answer.read1(_CHUNK)
        if not chunk:
            return body
        body += chunk
        if len(body) > max_bytes:
            raise FetchRefused(f"the answer is longer than {max_bytes} bytes")
