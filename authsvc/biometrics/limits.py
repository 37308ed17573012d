"""Confined processes that decode pictures under limits of memory, processor time and wall time.

A decoder's fault, a bomb or an endless loop ends the one process that met it; the worker lives on and refuses
this one sample (S8.1-07). A confined process serves one sample, so that none can touch another person's. It
has none of the worker's files and sockets, can open none, shares no memory with it, and writes pixels into
a socket that it is handed.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Final

MEMORY: Final = 256 * 1024 * 1024
"""Bytes that a confined process may allocate above what it was forked with."""
CPU_SECONDS: Final = 4
WALL_SECONDS: Final = 8.0
ALARM_SECONDS: Final = 10
MOST_ORDER: Final = 16 * 1024
MOST_WORD: Final = 200

_HUGE: Final = 2 * 1024 * 1024
"""Bytes of a huge page. Taken one small page at a time, memory costs as much as decoding into it does."""

Write = Callable[[memoryview], None]
Work = Callable[[str, bytes, Write], str]
"""Order, what was given, and where to write; returns a word."""

_LENGTH: Final = struct.Struct(">I")


class LimitReached(Exception):
    """The confined process died, or ran into one of its limits."""


class Confinement:
    """Runs `work(order, given, write)` in a confined process for each call, and returns its word.

    A process of its own forks them, and is forked itself at `start`: early, while it is small, since forking
    a process that holds the face models takes longer than decoding a picture. It keeps one waiting for the
    next order, which has called `warm` meanwhile and so owns the memory that `work` needs. It reads nothing
    of a sample, and ends when the last worker process that uses it has ended.
    """

    def __init__(self, work: Work, warm: Callable[[], object]) -> None:
        self._work, self._warm = work, warm
        self._channel: int | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Fork the process that forks the confined ones; where it runs already, nothing happens."""
        with self._lock:
            if self._channel is None:
                self._channel = self._launch()

    def _launch(self) -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            try:
                _keep_only(theirs.fileno())
                _serve(theirs, self._work, self._warm)
            finally:
                # Neither exit handlers nor buffered output of the worker may run twice.
                os._exit(0)
        theirs.close()
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
        answer, theirs = socket.socketpair()
        with answer:
            with theirs:
                self._send(_LENGTH.pack(len(given)) + order.encode(), [theirs.fileno()])
            word, written = _awaited(answer, given, room, time.monotonic() + wall_seconds)
        if not word:
            raise LimitReached
        return word, written

    def _send(self, order: bytes, descriptors: list[int]) -> None:
        try:
            self._sent(order, descriptors)
        except OSError:  # It was killed, perhaps for want of memory: a new one takes its place.
            self._channel = None
            self._sent(order, descriptors)

    def _sent(self, order: bytes, descriptors: list[int]) -> None:
        self.start()
        with socket.socket(fileno=os.dup(self._channel or -1)) as channel:
            socket.send_fds(channel, [order], descriptors)


def _awaited(answer: socket.socket, given: bytes, room: int, deadline: float) -> tuple[str, memoryview]:
    """Return the word of a confined process, empty where none comes in time, and what it wrote.

    The process is gone then.
    """
    process: int | None = None
    try:
        _patient(answer, deadline)
        _, (process,), _, _ = socket.recv_fds(answer, 1, 1)
        _patient(answer, deadline)
        answer.sendall(given)
        written, at = _memory(room), 0
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


def _memory(size: int) -> memoryview:
    pages = mmap.mmap(-1, -(-size // _HUGE) * _HUGE or _HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(pages)[:size]


def _patient(answer: socket.socket, deadline: float) -> None:
    answer.settimeout(max(deadline - time.monotonic(), 0.001))


def _length(answer: socket.socket, deadline: float) -> int:
    packed = bytearray(_LENGTH.size)
    _receive(answer, memoryview(packed), len(packed), deadline)
    return int(_LENGTH.unpack(packed)[0])


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


def _keep_only(descriptor: int) -> None:
    """Close what the worker had open: a decoder must reach no database, and hold nobody's pipe open."""
    gc.disable()  # What is collected here would close numbers that are in use again.
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _serve(channel: socket.socket, work: Work, warm: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGQUIT, signal.SIGHUP):
        # It serves until its worker ends, which may finish a sample first.
        signal.signal(number, signal.SIG_IGN)
    children: set[int] = set()
    while True:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _confined(work, warm, channel, writer)
        os.close(writer)
        taken = os.read(reader, 1)
        os.close(reader)
        if not taken:
            return
        children = {one for one in (*children, child) if os.waitpid(one, os.WNOHANG) == (0, 0)}


def _confined(work: Work, warm: Callable[[], object], channel: socket.socket, taken: int) -> None:
    """Wait for one order, hand over the means to end this process, and only then look at what was sent."""
    try:
        warm()
        order, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size + MOST_ORDER, 1)
        if order:
            with contextlib.suppress(OSError):  # What forked it may have been killed; this sample is served.
                os.write(taken, b"1")
            answer = _handed_over(*descriptors)
            channel.close()
            _confine()
            _answer(work, order, answer)
    finally:
        os._exit(0)


def _handed_over(descriptor: int) -> socket.socket:
    answer = socket.socket(fileno=descriptor)
    process = os.pidfd_open(os.getpid())
    socket.send_fds(answer, [b"\0"], [process])
    os.close(process)
    return answer


def _answer(work: Work, order: bytes, answer: socket.socket) -> None:
    """Do the work: what it writes goes out as pieces, each behind its length, then 0 and the word."""
    given = bytearray(_LENGTH.unpack_from(order)[0])
    into = memoryview(given)
    while into:
        count = answer.recv_into(into)
        if not count:
            return
        into = into[count:]

    def write(piece: memoryview) -> None:
        if piece:
            answer.sendall(_LENGTH.pack(len(piece)))
            answer.sendall(piece)

    word = work(order[_LENGTH.size :].decode(), bytes(given), write).encode()
    answer.sendall(_LENGTH.pack(0) + _LENGTH.pack(len(word)) + word)


def _confine() -> None:
    # Where whoever asked is gone, nobody else ends it.
    signal.alarm(ALARM_SECONDS)
    pages = int(_read_statm().split()[0])
    room = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _read_statm() -> str:
    with open("/proc/self/statm") as file:  # noqa: PTH123  no pathlib between fork and exit
        return file.read()
