"""The program that decodes pictures: it forks a confined process for each sample, and holds nothing else.

It is started as a program of its own, not forked from the worker, so that no key and no reference that the
worker holds lies in the memory of what reads a stranger's file. It imports little, since what a process has
mapped is copied for every child.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import select
import signal
import socket
import struct
import traceback
from collections.abc import Callable
from typing import Final, Protocol

from authsvc.biometrics.decoder.memory import HUGE, memory
from authsvc.biometrics.decoder.seccomp import hide_memory, refuse_all_but_work

MEMORY: Final = 256 * 1024 * 1024
"""Bytes that a confined process may allocate above what it was forked with."""
CPU_SECONDS: Final = 4
ALARM_SECONDS: Final = 10
MOST_ORDER: Final = 16 * 1024

CHANNEL: Final = 3
"""The descriptor over which orders come."""

LENGTH: Final = struct.Struct(">I")
"""Stands before everything that is sent, an order too: there it is the length of what will be given."""

_APART_MS: Final = 5
"""Milliseconds that the next confined process waits to be forked while one works, which it would slow."""

Write = Callable[[memoryview], None]


class Work(Protocol):
    """What a module of confined work offers."""

    def work(self, order: str, given: memoryview, write: Write) -> str:
        """Do what an order says with what was given, hand out pieces to `write`, and return a word."""

    def warm(self) -> None:
        """Set up whatever can be before an order comes."""


def serve(module: str) -> None:
    """Fork a confined process for each order that comes over CHANNEL, until its other end is closed.

    Does not return.
    """
    # It serves until its worker ends, which may finish a sample first.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    hide_memory()
    channel = socket.socket(fileno=CHANNEL)
    work: Work = importlib.import_module(module)
    gc.disable()  # A collection would write to every page, and so copy it in every child.
    children: set[int] = set()
    while True:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _confined(work, channel, writer)
        os.close(writer)
        if os.read(reader, 1):
            _wait_a_little(reader, channel)
        elif _ended_by_itself(child):
            os._exit(0)
        os.close(reader)
        children = {one for one in (*children, child) if _runs(one)}


def _wait_a_little(reader: int, channel: socket.socket) -> None:
    """Wait for the end of the child at work, or for another order."""
    either = select.poll()
    either.register(reader, select.POLLIN)
    either.register(channel, select.POLLIN)
    either.poll(_APART_MS)


def _ended_by_itself(child: int) -> bool:
    """Tell whether a child that took no order found the channel closed, or could not start; it was killed
    otherwise, and another one takes its place."""
    return os.WIFEXITED(os.waitpid(child, 0)[1])


def _runs(child: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    return False


def _confined(work: Work, channel: socket.socket, taken: int) -> None:
    """Wait for one order, hand over the means to end this process, and only then look at what was sent."""
    try:
        work.warm()
        process, room = os.pidfd_open(os.getpid()), memory(HUGE)
        room[0] = 0
        _confine()
        order, descriptors, _, _ = socket.recv_fds(channel, LENGTH.size + MOST_ORDER, 1)
        if order:
            with contextlib.suppress(OSError):  # What forked it may have been killed; this sample is served.
                os.write(taken, b"1")
            answer = _handed_over(descriptors[0], process)
            channel.close()
            _shut()
            _answer(work, order, answer, room)
    except Exception:  # noqa: BLE001 - whatever it is, the process ends; before an order, somebody must know
        traceback.print_exc()
    finally:
        os._exit(0)


def _handed_over(descriptor: int, process: int) -> socket.socket:
    answer = socket.socket(fileno=descriptor)
    socket.send_fds(answer, [b"\0"], [process])
    os.close(process)
    return answer


def _answer(work: Work, order: bytes, answer: socket.socket, room: memoryview) -> None:
    """Do the work: what it writes goes out as pieces, each behind its length, then 0 and the word."""
    size = int(LENGTH.unpack_from(order)[0])
    given = (room if size <= len(room) else memory(size))[:size]
    into = given
    while into:
        count = answer.recv_into(into)
        if not count:
            return
        into = into[count:]

    def write(piece: memoryview) -> None:
        if piece:
            answer.sendall(LENGTH.pack(len(piece)))
            answer.sendall(piece)

    word = work.work(order[LENGTH.size :].decode(), given, write).encode()
    answer.sendall(LENGTH.pack(0) + LENGTH.pack(len(word)) + word)


def _confine() -> None:
    pages = int(_read_statm().split()[0])
    room = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _shut() -> None:
    """Confine the rest, which would have kept an order from coming, and say nothing any more."""
    # Where whoever asked is gone, nobody else ends it.
    signal.alarm(ALARM_SECONDS)
    os.dup2(0, 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    refuse_all_but_work()


def _read_statm() -> str:
    with open("/proc/self/statm") as file:  # noqa: PTH123  no pathlib between fork and exit
        return file.read()
