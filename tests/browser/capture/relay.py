"""A relay by which a browser comes to the server from an address of its own, or by TLS."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

_PIECE = 65536


@contextlib.contextmanager
def relay(address: str, *, to: tuple[str, int], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Pass connections on from that address of this machine, and give the port that takes them.

    With `tls` they come by TLS, and go on without.
    """
    with socket.create_server((address, 0)) as server:
        threading.Thread(target=_accept, args=(server, address, to, tls), daemon=True).start()
        yield server.getsockname()[1]


def _accept(server: socket.socket, address: str, to: tuple[str, int], tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            coming = server.accept()[0]
            threading.Thread(target=_join, args=(coming, address, to, tls), daemon=True).start()


def _join(coming: socket.socket, address: str, to: tuple[str, int], tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        _joined(tls.wrap_socket(coming, server_side=True) if tls else coming, address, to)


def _joined(coming: socket.socket, address: str, to: tuple[str, int]) -> None:
    with coming, socket.create_connection(to, source_address=(address, 0)) as going:
        back = threading.Thread(target=_pass_on, args=(going, coming), daemon=True)
        back.start()
        _pass_on(coming, going)
        back.join()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(_PIECE):
            other.sendall(piece)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
