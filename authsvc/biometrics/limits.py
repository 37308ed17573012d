"""Confined processes that decode pictures under limits of memory, processor time and wall time.

A decoder's fault, a bomb or an endless loop ends the one process that met it; the worker lives on and refuses
this one sample (S8.1-07). A confined process serves one sample, so that none can touch another person's. It
has none of the worker's files and sockets, can open none, and writes pixels into memory that the worker
shares with it.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import resource
import signal
import socket
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

# All pages at once: taking them one fault at a time costs as much as decoding does.
_MAPPED: Final = mmap.MAP_SHARED | mmap.MAP_POPULATE

Work = Callable[[str, memoryview], str]


class LimitReached(Exception):
    """The confined process died, or ran into one of its limits."""


class Confinement:
    """Runs `work(order, memory)` in a confined process for each call, and returns its word.

    A process of its own forks them, and is forked itself at `start`: early, while it is small, since forking
    a process that holds the face models takes longer than decoding a picture. It keeps one waiting for the
    next order, reads nothing of a sample, and ends when the last worker process that uses it has ended.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
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
                _serve(theirs, self._work)
            finally:
                # Neither exit handlers nor buffered output of the worker may run twice.
                os._exit(0)
        theirs.close()
        return ours.detach()

    def run(
        self, order: str, given: bytes, *, room: int, wall_seconds: float = WALL_SECONDS
    ) -> tuple[str, mmap.mmap]:
        """Return the word of `work`, and memory in which it wrote up to `room` bytes; `given` lies behind.

        A word has at most 200 characters. An exception in `work` is LimitReached here, like its death.
        """
        descriptor = os.memfd_create("confined")
        try:
            os.ftruncate(descriptor, max(room + len(given), 1))
            shared = mmap.mmap(descriptor, 0, flags=_MAPPED)
            shared[room:] = given
            word = self._ordered(order.encode(), descriptor, wall_seconds)
        finally:
            os.close(descriptor)
        if not word:
            raise LimitReached
        return word.decode(), shared

    def _ordered(self, order: bytes, descriptor: int, wall_seconds: float) -> bytes:
        if len(order) > MOST_ORDER:
            raise LimitReached
        answer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with answer:
            with theirs:
                self._send(order, [descriptor, theirs.fileno()])
            return _awaited(answer, time.monotonic() + wall_seconds)

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


def _awaited(answer: socket.socket, deadline: float) -> bytes:
    """Return the word of a confined process, empty where none comes in time; the process is gone then."""
    process: int | None = None
    try:
        answer.settimeout(max(deadline - time.monotonic(), 0.001))
        _, (process,), _, _ = socket.recv_fds(answer, 1, 1)
        answer.settimeout(max(deadline - time.monotonic(), 0.001))
        return answer.recv(MOST_WORD)
    except (OSError, ValueError):
        return b""
    finally:
        if process is not None:
            _kill(process)
            os.close(process)


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)


def _keep_only(descriptor: int) -> None:
    """Close what the worker had open: a decoder must reach no database, and hold nobody's pipe open."""
    gc.disable()  # What is collected here would close numbers that are in use again.
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _serve(channel: socket.socket, work: Work) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGQUIT, signal.SIGHUP):
        # It serves until its worker ends, which may finish a sample first.
        signal.signal(number, signal.SIG_IGN)
    children: set[int] = set()
    while True:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _confined(work, channel, writer)
        os.close(writer)
        taken = os.read(reader, 1)
        os.close(reader)
        if not taken:
            return
        children = {one for one in (*children, child) if os.waitpid(one, os.WNOHANG) == (0, 0)}


def _confined(work: Work, channel: socket.socket, taken: int) -> None:
    """Wait for one order, hand over the means to end this process, and only then look at what was sent."""
    try:
        order, descriptors, _, _ = socket.recv_fds(channel, MOST_ORDER, 2)
        if order:
            with contextlib.suppress(OSError):  # What forked it may have been killed; this sample is served.
                os.write(taken, b"1")
            memory, answer = _handed_over(*descriptors)
            channel.close()
            _confine()
            answer.send(work(order.decode(), memory).encode()[:MOST_WORD])
    finally:
        os._exit(0)


def _handed_over(descriptor: int, answer: int) -> tuple[memoryview, socket.socket]:
    back = socket.socket(fileno=answer)
    process = os.pidfd_open(os.getpid())
    socket.send_fds(back, [b"\0"], [process])
    os.close(process)
    memory = memoryview(mmap.mmap(descriptor, 0, flags=_MAPPED))
    os.close(descriptor)
    return memory, back


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
