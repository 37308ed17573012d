"""A forked child that decodes pictures under limits of memory, processor time and wall time.

A decoder's fault, a bomb or an endless loop ends the child; the worker lives on and refuses this one sample
(S8.1-07). The child can open no file and no socket, and writes pixels into memory that both share.
"""

from __future__ import annotations

import mmap
import os
import resource
import select
import signal
from collections.abc import Callable
from typing import Final

MEMORY: Final = 256 * 1024 * 1024
"""Bytes that the child may allocate above what it was forked with."""
CPU_SECONDS: Final = 4
WALL_SECONDS: Final = 8.0

Work = Callable[[memoryview], str]


class LimitReached(Exception):
    """The child died, or ran into one of its limits."""


def run_confined(
    work: Work, *, shared_bytes: int, wall_seconds: float = WALL_SECONDS
) -> tuple[str, mmap.mmap]:
    """Run `work(shared memory)` in a confined child and return its word and the memory.

    `work` returns a word of at most 200 characters; an exception in it is LimitReached here, like its death.
    """
    shared = mmap.mmap(-1, max(shared_bytes, 1))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _child(work, shared, writer)
    os.close(writer)
    try:
        word = _await(reader, wall_seconds)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not word:
        shared.close()
        raise LimitReached
    return word.decode(), shared


def _await(reader: int, wall_seconds: float) -> bytes:
    ready, _, _ = select.select([reader], [], [], wall_seconds)
    return os.read(reader, 200) if ready else b""


def _child(work: Work, shared: mmap.mmap, writer: int) -> None:
    try:
        _confine()
        os.write(writer, work(memoryview(shared)).encode()[:200])
    finally:
        # Neither exit handlers nor buffered output of the worker may run twice.
        os._exit(0)


def _confine() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
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
