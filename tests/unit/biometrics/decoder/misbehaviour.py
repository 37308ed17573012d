"""Confined work that goes wrong in every way that an order names."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from authsvc.biometrics.decoder.program import Write


def spin() -> None:
    signal.alarm(0)
    while True:
        pass


FAULTS: dict[str, Callable[[], object]] = {
    "open": lambda: Path("/etc/hostname").read_bytes(),
    "connect": socket.socket,
    "allocate": lambda: bytearray(2**30),
    "spin": spin,
    "sleep": lambda: time.sleep(60),
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "leave": lambda: os._exit(0),
}


def work(order: str, given: memoryview, write: Write) -> str:
    if order in FAULTS:
        FAULTS[order]()
    if order.startswith("copy"):
        write(given)
    if order == "copy twice":
        write(given)
    if order == "descriptors":
        return " ".join(map(str, OPEN))
    if order == "ignored signals":
        return " ".join(one.name for one in signal.Signals if signal.getsignal(one) is signal.SIG_IGN)
    if order.startswith("reach "):
        return reach(*order.split()[1:])
    if order == "environment":
        return " ".join(sorted(os.environ)) or "none"
    return "x" * 201 if order == "talk" else f"{order} done"


REACHES: dict[str, Callable[[int, str], object]] = {
    "end another process": lambda process, path: os.kill(process, 0),
    "fork": lambda process, path: os.fork() or os._exit(0),
    "remove a file": lambda process, path: Path(path).unlink(),
    "shorten a file": lambda process, path: os.truncate(path, 0),
    "rename a file": lambda process, path: Path(path).rename(path + "x"),
    "run a program": lambda process, path: os.execv("/bin/true", ["true"]),  # noqa: S606
    "read another's memory": lambda process, path: read_memory(process),
    "write to the log": lambda process, path: os.write(2, b"forged\n"),
    "live on": lambda process, path: os.setsid(),
}


def reach(what: str, process: str, path: str) -> str:
    try:
        REACHES[what.replace("_", " ")](int(process), path)
    except PermissionError:
        return "refused"
    return "done"


def read_memory(process: int) -> None:
    """Read a byte at the address of one of our own objects, which a fork would have in the same place."""
    libc = ctypes.CDLL(None, use_errno=True)
    into = ctypes.create_string_buffer(1)
    here, there = (ctypes.c_void_p * 2)(ctypes.addressof(into), 1), (ctypes.c_void_p * 2)(id(None), 1)
    if libc.process_vm_readv(process, here, 1, there, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


OPEN: list[int] = []


def warm() -> None:
    """Note what is open, which a process that has an order can no longer ask."""
    OPEN[:] = [number for number in range(256) if is_open(number)]


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
