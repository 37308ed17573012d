"""Connections between two parties that can be cut, or fall silent, and that lead where we say."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

_MOST = 64 * 1024


class Wire:
    """A port of this machine that leads to another; its connections are the business of one thread."""

    def __init__(self, thread: asyncio.AbstractEventLoop, target: int) -> None:
        self._thread, self._target = thread, target
        self._whole, self._passing = True, asyncio.Event()
        self._passing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self.server = asyncio.run_coroutine_threadsafe(self._listen(), thread).result()
        self.port = int(self.server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """End its connections and let none be made, until `mend`."""
        self._set(whole=False, passing=True)

    def silence(self) -> None:
        """Hold back what is said, until `mend`: nobody hears that anything is wrong."""
        self._set(whole=True, passing=False)

    def mend(self) -> None:
        self._set(whole=True, passing=True)

    def lead_to(self, target: int) -> None:
        """Lead to another port from now on; connections to the one before end."""
        self._target = target
        self._thread.call_soon_threadsafe(self._end_all)

    def _set(self, *, whole: bool, passing: bool) -> None:
        def change() -> None:
            self._whole = whole
            (self._passing.set if passing else self._passing.clear)()
            if not whole:
                self._end_all()

        self._thread.call_soon_threadsafe(change)

    def _end_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._join, "127.0.0.1", 0)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = None, None
        if self._whole:
            with suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", self._target)
        if there is None or back is None:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        finally:
            self._open -= {writer, back}
            writer.transport.abort()
            back.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await reader.read(_MOST):
                await self._passing.wait()
                writer.write(said)
                await writer.drain()
        with suppress(OSError):
            # What was written before is sent first; whoever has said all may still listen.
            writer.write_eof()


@contextmanager
def laid() -> Iterator[Callable[[int], Wire]]:
    """Give what lays a wire to a port; all of them are cut where the block ends."""
    loop, wires = asyncio.new_event_loop(), list[Wire]()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def lay(target: int) -> Wire:
        wires.append(Wire(loop, target))
        return wires[-1]

    try:
        yield lay
    finally:
        for wire in wires:
            wire.cut()
        asyncio.run_coroutine_threadsafe(_end(wires), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(wires: Iterable[Wire]) -> None:
    """Listen no more, and wait until every connection has come to its end."""
    for wire in wires:
        wire.server.close()
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
