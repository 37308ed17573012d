"""A connection as config/serving.py keeps it: the loop reads and writes, a thread does neither.

What a thread reads is what has come of its request. What it writes goes out as far as its reader takes it at
once, and is left to the loop.
"""

import errno
import socket
from contextlib import suppress
from enum import Enum, auto
from time import monotonic
from typing import Any, Final, NoReturn

from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import TConn

from config.arriving import HEAD_SECONDS, Arriving

_PIECE: Final = 64 * 1024
# An answer may take so long, and a second more for so many bytes of it.
_WRITE_SECONDS: Final = 20.0
_BYTES_A_SECOND: Final = 16 * 1024
# So much of an answer is left to the loop, which is more than any file here has; beyond it a thread waits.
_MOST_UNSENT: Final = 16 * 1024 * 1024


class Stage(Enum):
    """What the loop waits for on a connection: a request, its turn, room for an answer, or its end."""

    COMING = auto()
    WAITING = auto()
    GOING = auto()
    LEAVING = auto()


class Bounded(socket.socket):
    """A socket that never waits, unless a thread writes more than may be left to the loop."""

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.settimeout(0.0)
        self.unsent = bytearray()
        self.begin()

    def begin(self) -> None:
        """Let an answer begin."""
        self._begun = 0.0
        self._written = 0

    def setblocking(self, flag: bool) -> None:
        """Never wait, whoever asks for it."""

    def recv(self, bufsize: int, flags: int = 0) -> NoReturn:
        """Find nothing: a thread has all of its request."""
        raise NoMoreData

    def recv_now(self) -> bytes | None:
        """Return what has come, None where nothing has; for the loop."""
        with suppress(BlockingIOError):
            return super().recv(_PIECE)
        return None

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send what is taken at once, and leave the rest to the loop."""
        self._begun = self._begun or monotonic()
        self._written += len(data)
        self.unsent += data
        self.send_on()
        while len(self.unsent) > _MOST_UNSENT:
            self._wait()

    def send_on(self) -> None:
        """Send what is taken at once of what is left."""
        with suppress(BlockingIOError):
            while self.unsent:
                del self.unsent[: self.send(self.unsent)]

    def _wait(self) -> None:
        left = self._begun + _seconds_for(self._written) - monotonic()
        if left <= 0:
            raise BrokenPipeError(errno.EPIPE, "nobody reads the answer")
        self.settimeout(left)
        try:
            with suppress(TimeoutError):
                del self.unsent[: self.send(self.unsent)]
        finally:
            self.settimeout(0.0)


class Connection(TConn):
    """A connection, what has come of its next request, and until when the loop waits for something."""

    def __init__(self, cfg: Any, sock: Bounded, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.data_ready = True  # nothing reaches a thread before
        self.stage = Stage.COMING
        self.is_kept = False
        self.held = 0
        self.unread = 0
        self.expect_request(HEAD_SECONDS)

    def expect_request(self, seconds: float) -> None:
        """Wait so long for the beginning of a request."""
        self.forget_request()
        self.waits_since = monotonic()
        self.due = self.waits_since + seconds
        self._since = 0.0

    def forget_request(self) -> None:
        """Hold nothing of what has come."""
        self.arriving = Arriving()

    def take(self, piece: bytes) -> None:
        """Note what has come; the time is that from the first byte on. Raises Refused."""
        if piece:
            self._since = self._since or monotonic()
            self.arriving.take(piece)
            self.due = self._since + self.arriving.seconds

    def answered(self) -> None:
        """Wait no longer than what is left of an answer may take."""
        self.due = monotonic() + _seconds_for(len(self.sock.unsent))


def _seconds_for(size: int) -> float:
    return _WRITE_SECONDS + size / _BYTES_A_SECOND
