"""Work under limits of memory, processor time and wall time, in confined processes.

A decoder's fault, a bomb or an endless loop ends the one process that met it; the worker lives on and refuses
this one sample (S8.1-07). A confined process serves one sample, so that none can touch another person's. It
has none of the worker's memory, files and sockets, can open none, and writes pixels into a socket that it is
handed (docs/adr/0011, 0151).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Final

from authsvc.biometrics.decoder.memory import Rooms
from authsvc.biometrics.decoder.program import CHANNEL, LENGTH, MOST_ORDER

WALL_SECONDS: Final = 8.0
MOST_WORD: Final = 200

_ROOT: Final = Path(__file__).resolve().parents[3]
_PROGRAM: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from authsvc.biometrics.decoder.program import serve
serve(sys.argv[2])
"""

_ENVIRONMENT: Final = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Its memory in huge pages, taken at once instead of 4 KiB at a time; other C libraries ignore it."""


_ROOMS: Final = Rooms()


class LimitReached(Exception):
    """The confined process died, or ran into one of its limits."""


class _NotTaken(Exception):
    """The order's end was closed before any confined process took it."""


class Confinement:
    """Runs `work(order, given, write)` of a module in a confined process for each call; returns its word.

    A program of its own forks them. It keeps one waiting for the next order, which has called `warm`
    meanwhile and so owns the memory that `work` needs. It reads nothing of a sample, and ends when the last
    worker process that uses it has ended.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._channel: int | None = None
        self._program = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the program that forks the confined processes; where it runs already, nothing happens."""
        self._open_channel()

    def _open_channel(self, *, broken: int | None = None) -> int:
        """Return the way to the program, a new one's in place of one that is broken."""
        with self._lock:
            if self._channel is not None and self._channel == broken:
                os.close(self._channel)
                self._channel = None
                with contextlib.suppress(ChildProcessError):  # The worker before the fork was its parent.
                    os.waitpid(self._program, os.WNOHANG)
            if self._channel is None:
                self._channel = self._launch()
            return self._channel

    def _launch(self) -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # -I: neither the environment nor the working directory says what it imports.
            program = [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT), self._module]
            self._program = os.posix_spawn(
                sys.executable,
                program,
                _ENVIRONMENT,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), CHANNEL),
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                ],
                setsigmask=[],
                setsigdef=[signal.SIGCHLD, signal.SIGALRM, signal.SIGXCPU],
            )
        return ours.detach()

    def run(
        self, order: str, given: bytes, *, room: int, wall_seconds: float = WALL_SECONDS
    ) -> tuple[str, memoryview]:
        """Return the word of `work`, and the `room` bytes that it wrote, zeros where it wrote fewer.

        A word has at most 200 characters. An exception in `work`, or too long a word or writing, is
        LimitReached here, like its death.
        """
        if len(order) > MOST_ORDER:
            raise LimitReached
        try:
            word, written = self._ordered(order, given, room, wall_seconds)
        except _NotTaken:  # Who waited for it was killed, and has read nothing: the next one may.
            try:
                word, written = self._ordered(order, given, room, wall_seconds)
            except _NotTaken:
                raise LimitReached from None
        if not word:
            raise LimitReached
        return word, written

    def _ordered(self, order: str, given: bytes, room: int, wall_seconds: float) -> tuple[str, memoryview]:
        answer, theirs = socket.socketpair()
        with answer:
            with theirs:
                self._send(LENGTH.pack(len(given)) + order.encode(), [theirs.fileno()])
            return _awaited(answer, given, room, time.monotonic() + wall_seconds)

    def _send(self, order: bytes, descriptors: list[int]) -> None:
        channel = self._open_channel()
        try:
            _sent(channel, order, descriptors)
        except OSError:  # It was killed, perhaps for want of memory: a new one takes its place.
            _sent(self._open_channel(broken=channel), order, descriptors)


def _sent(channel: int, order: bytes, descriptors: list[int]) -> None:
    with socket.socket(fileno=os.dup(channel)) as way:
        socket.send_fds(way, [order], descriptors)


def _awaited(answer: socket.socket, given: bytes, room: int, deadline: float) -> tuple[str, memoryview]:
    """Return the word of a confined process, empty where none comes in time, and what it wrote.

    The process is gone then. Raises _NotTaken where there was none.
    """
    process: int | None = None
    try:
        _patient(answer, deadline)
        process = _handle(answer)
        _patient(answer, deadline)
        if given:  # Without, the process may have answered and gone already.
            answer.sendall(given)
        written, at = _ROOMS.borrow(room), 0
        while length := _length(answer, deadline):
            _receive(answer, written[at : at + length], length, deadline)
            at += length
        length = _length(answer, deadline)
        word = memoryview(bytearray(MOST_WORD))[:length]
        _receive(answer, word, length, deadline)
        return bytes(word).decode(), written
    except (OSError, ValueError):
        return "", memoryview(b"")
    finally:
        if process is not None:
            _kill(process)
            os.close(process)


def _handle(answer: socket.socket) -> int:
    """Return the pidfd that a confined process hands over as the first thing."""
    said, descriptors, _, _ = socket.recv_fds(answer, 1, 1)
    if not said:
        raise _NotTaken
    (process,) = descriptors
    return process


def _patient(answer: socket.socket, deadline: float) -> None:
    answer.settimeout(max(deadline - time.monotonic(), 0.001))


def _length(answer: socket.socket, deadline: float) -> int:
    packed = bytearray(LENGTH.size)
    _receive(answer, memoryview(packed), len(packed), deadline)
    return int(LENGTH.unpack(packed)[0])


def _receive(answer: socket.socket, into: memoryview, length: int, deadline: float) -> None:
    """Fill `into`, which must have this length; raises ValueError where it has not, or the sender is gone."""
    if len(into) != length:
        raise ValueError("more than there is room for")
    while into:
        _patient(answer, deadline)
        count = answer.recv_into(into)
        if not count:
            raise ValueError("the sender is gone")
        into = into[count:]


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)
