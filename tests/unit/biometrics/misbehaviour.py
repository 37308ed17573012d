"""Confined work that goes wrong in every way that an order names."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from authsvc.biometrics.confined import Write


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
    if order.startswith("descriptor "):
        return look_at(int(order.split()[1]))
    if order == "environment":
        return " ".join(sorted(os.environ)) or "none"
    return "x" * 201 if order == "talk" else f"{order} done"


def look_at(descriptor: int) -> str:
    try:
        os.fstat(descriptor)
    except OSError:
        return "not open"
    return "open"


def warm() -> None:
    """Nothing: it sets nothing up."""
