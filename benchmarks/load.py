"""A load generator for one server: raw requests over a few connections that are kept."""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

CONNECTIONS = 8
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """Status, header block and body of one response, and how long it took, in seconds."""

    status: int
    head: str
    body: bytes
    took: float

    def header(self, name: str) -> str:
        """Return a header's value, "" without it."""
        found = re.search(rf"\r\n{re.escape(name)}: *([^\r]*)", self.head, re.IGNORECASE)
        return found[1] if found else ""

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass
class Run:
    """The answers of one run in no order, and the rate in requests a second."""

    answers: list[Answer] = field(default_factory=list)
    rate: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the time, in ms, within which this share of the answers came."""
        times = sorted(answer.took for answer in self.answers)
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]


def drive(port: int, requests: Iterable[bytes], at_once: int = CONNECTIONS) -> Run:
    """Send every request once, so many at a time, each made when its turn comes; return answers and rate."""
    return asyncio.run(_drive(port, iter(requests), at_once))


async def _drive(port: int, waiting: Iterator[bytes], at_once: int) -> Run:
    run = Run()
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(_worker(port, waiting, run))
    run.rate = len(run.answers) / (time.perf_counter() - started)
    return run


async def _worker(port: int, waiting: Iterator[bytes], run: Run) -> None:
    streams = None
    for request in waiting:
        started = time.perf_counter()
        if streams is None:
            streams = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = streams
        writer.write(request)
        head, body = await _read(reader)
        took = time.perf_counter() - started
        run.answers.append(Answer(int(head[9:12]), head.decode("latin-1"), body, took))
        if _CLOSE.search(head):
            writer.close()
            streams = None
    if streams is not None:
        streams[1].close()


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    if length := _LENGTH.search(head):
        return head, await reader.readexactly(int(length[1]))
    if not _CHUNKED.search(head):
        return head, b""
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return head, body
