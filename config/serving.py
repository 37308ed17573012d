"""How gunicorn serves this project: no thread waits for whoever sends or reads slowly (T05, O15).

One loop reads what comes on every connection, and a thread takes a request up when it is whole
(config/arriving.py). It finds the bytes of this request and no others, and what its reader does not take of
an answer at once it leaves to the loop. Whoever stays away, trickles in or never ends costs a connection
until their time is over, and no thread; what is held of all of them has one bound. Whoever is a stranger and
is refused on and on waits here for their turn (config/strangers.py).
"""

import errno
import logging
import selectors
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Final

from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from gunicorn.http.errors import InvalidHeader, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from authsvc.core.addresses import address_in
from config.arriving import Refusal, Refused
from config.bodies import refusal
from config.connection import Bounded, Connection, Stage
from config.strangers import strangers

_OWN_FILES: Final = "script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'"
_PAGE: Final = (
    "Content-Type: text/html; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    f"Content-Security-Policy: default-src 'none'; {_OWN_FILES}",
)
_PROGRAMS: Final = ("Content-Type: application/json",)
_FULL: Final = Refusal("503 Service Unavailable", "Too much is on its way. Please try again in a moment.")
_TOO_OFTEN: Final = Refusal("429 Too Many Requests", "Too many requests were refused. Please wait.")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
# Bytes of requests and of answers that are on their way, in one process.
_MOST_HELD: Final = 256 * 1024 * 1024
# A connection that is closed with bytes unread is reset, and the answer may be lost. So many of them are read
# first, and dropped, on so many connections at once.
_UNREAD: Final = 8 * 1024 * 1024
_MOST_LEAVING: Final = 100
_LINGER_SECONDS: Final = 2.0
_SWEEP_SECONDS: Final = 0.25
# Strangers who are refused on and on: one request of an address in so many seconds, of so many addresses. So
# many requests wait, which is less time than a proxy waits for an answer.
_TURN_SECONDS: Final = 1.0
_TURNS: Final = 4
_MOST_OF_ONE: Final = 20
_MOST_WAITING: Final = 80
_PASSING: Final = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}
_REST_SECONDS: Final = 0.05
# The loop comes round once a second and oftener. One that has not for so long stands still.
_STILL_SECONDS: Final = 10.0
_NO_FILES: Final = {errno.EMFILE, errno.ENFILE}


class Worker(ThreadWorker):
    """Threads that are given whole requests, and a page for whom too long an address has sent here.

    Where gunicorn itself ends TLS, which is for development, it reads as it always does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watched: set[Connection] = set()
        self._waiting: dict[str, deque[Connection]] = {}
        self._next_turns = 0.0
        self._held = 0
        self._swept_at = 0.0
        self._turned_at = monotonic()

    def works(self) -> bool:
        """Whether the loop goes on and takes whoever comes; false of one that is to end."""
        return bool(self.alive) and monotonic() < self._turned_at + _STILL_SECONDS

    def run(self) -> None:
        """Serve, and let whoever watches this process ask it; a site that is not ours has nobody who does."""
        if getattr(settings, "WATCH_ADDRESS", ""):
            # What counts is loaded once it is known where workers count together.
            from config import watching

            watching.begin(self.works, is_shared=True)
        super().run()

    # --- what comes

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, and look for its request at once."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except OSError as problem:
            self._go_on_after(problem)
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, Bounded(client.detach()), address, listener.getsockname())
        self._watch(conn, Stage.COMING, selectors.EVENT_READ, self._read)
        self._read(conn)

    def _go_on_after(self, problem: OSError) -> None:
        """Make room where a connection was not taken for want of it; whatever it was, the loop goes on."""
        if problem.errno in _PASSING or (problem.errno in _NO_FILES and self._make_room()):
            return
        # Linux hands errors of the network to whoever accepts, for this one connection (accept(2)).
        self.log.warning("a connection was not taken: %s", problem)
        # Where it is files or memory that are missing, the next try fails as well until a thread is done.
        sleep(_REST_SECONDS)

    def _read(self, conn: Connection) -> None:
        piece = self._received(conn)
        if piece is not None:
            self._take(conn, piece)

    def _take(self, conn: Connection, piece: bytes) -> None:
        """Note what has come of a request, and give it on, wait for more of it, or refuse it."""
        try:
            conn.take(piece)
        except Refused as refused:
            self._refuse(conn, refused.refusal)
            return
        self._hold(conn, len(conn.arriving.data))
        if conn.arriving.is_whole:
            self._forget(conn)
            self._take_up(conn)
        elif conn.arriving.continues:
            conn.arriving.continues = False
            with suppress(OSError):
                conn.sock.send(_CONTINUE)

    def _take_up(self, conn: Connection) -> None:
        """Give a whole request to a thread, or let it wait for its turn."""
        if strangers.any_waits():
            came = {"REMOTE_ADDR": _host(conn), "HTTP_X_FORWARDED_FOR": conn.arriving.forwarded_for}
            address = address_in(came)
            if strangers.waits(address):
                self._let_wait(conn, address)
                return
        self.enqueue_req(conn)

    def _let_wait(self, conn: Connection, address: str) -> None:
        others = self._waiting.setdefault(address, deque())
        if len(others) >= _MOST_OF_ONE or len(self._waiting_ones()) >= _MOST_WAITING:
            self._refuse(conn, _TOO_OFTEN)
        else:
            conn.stage = Stage.WAITING
            others.append(conn)

    def _give_turns(self) -> None:
        """Take up one request each of some addresses whose requests wait, the next time of others."""
        for address, others in list(self._waiting.items())[: _TURNS if self.alive else None]:
            del self._waiting[address]
            if others:
                self.enqueue_req(others.popleft())
            if self.alive and strangers.waits(address):
                self._waiting |= {address: others} if others else {}
            else:
                for conn in others:
                    self.enqueue_req(conn)

    def _waiting_ones(self) -> list[Connection]:
        return [conn for others in self._waiting.values() for conn in others]

    def _received(self, conn: Connection) -> bytes | None:
        """Return what has come; None where nothing has, or the connection is over, which is ended then."""
        try:
            piece: bytes | None = conn.sock.recv_now()
        except OSError:
            piece = b""
        if piece == b"":
            self._drop(conn)
            return None
        return piece

    # --- what a thread does

    def handle(self, conn: Any) -> Any:
        """Handle a request, in a thread, with its bytes at hand and no others."""
        if isinstance(conn, Connection):
            conn.sock.begin()
            conn.init()
            conn.parser.unreader.unread(conn.arriving.cut_off())
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request; whose body was cut is told that the connection ends."""
        if isinstance(conn, Connection):
            # RFC 9112 section 3.2
            if req.version >= (1, 1) and all(name != "HOST" for name, _ in req.headers):
                raise InvalidHeader("HOST", req=req)
            req._expected_100_continue = False  # whoever waited for it has been told
            if conn.arriving.is_cut:
                req.force_close()
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        if not isinstance(conn, Connection):
            return bool(super()._keepalive_after(conn, keepalive))
        return bool(keepalive) and not conn.arriving.is_cut and self._ended_where_it_was_cut_off(conn)

    def _ended_where_it_was_cut_off(self, conn: Connection) -> bool:
        """Drop what nobody read of a request; False where gunicorn reads less or more than that."""
        with suppress(ParseException, OSError):
            conn.parser.finish_body()
            if not conn.parser.unreader.take_buffered():
                return True
        self.log.error("a request ended elsewhere than it was taken to")
        return False

    # --- what goes

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Send what a thread left of its answer; then wait for the next request, or for the end."""
        if not isinstance(conn, Connection):
            super().finish_request(conn, fs)
            return
        conn.is_kept = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        conn.answered()
        self._send_on(conn)

    def _send_on(self, conn: Connection) -> None:
        try:
            conn.sock.send_on()
        except OSError:
            self._drop(conn)
            return
        if conn.sock.unsent:
            if conn not in self._watched:
                self._watch(conn, Stage.GOING, selectors.EVENT_WRITE, self._send_on)
            self._hold(conn, len(conn.sock.unsent) + len(conn.arriving.data))
        elif conn.is_kept:
            self._await_next(conn)
        else:
            self._let_end(conn)

    def _await_next(self, conn: Connection) -> None:
        self._forget(conn)
        begun = bytes(conn.arriving.data)
        conn.expect_request(self.cfg.keepalive)
        self._watch(conn, Stage.COMING, selectors.EVENT_READ, self._read)
        self._take(conn, begun)

    def _refuse(self, conn: Connection, refused: Refusal) -> None:
        """Say this where nothing else has been said, and let the connection end."""
        level = logging.INFO if refused is _TOO_OFTEN else logging.WARNING
        self.log.log(level, "refused unread: %s, from %s", refused.status, conn.client)
        with suppress(OSError):
            conn.sock.send(_answer(refused))
        self._let_end(conn)

    def _let_end(self, conn: Connection) -> None:
        """End a connection when its other side has, or in a moment; nothing of it is held any longer."""
        self._forget(conn)
        conn.forget_request()
        self._hold(conn, 0)
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.due, conn.unread = monotonic() + _LINGER_SECONDS, _UNREAD
        leaving = self._at(Stage.LEAVING)
        if len(leaving) >= _MOST_LEAVING:
            self._drop(min(leaving, key=lambda each: each.due))
        self._watch(conn, Stage.LEAVING, selectors.EVENT_READ, self._drain)
        self._drain(conn)

    def _drain(self, conn: Connection) -> None:
        piece = self._received(conn)
        if piece is not None:
            conn.unread -= len(piece)
            if conn.unread < 0:
                self._drop(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read."""
        page = too_long_page() if isinstance(exc, LimitRequestLine) else b""
        if not page:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("request line too long from ip=%s", addr[0] if addr else "")
        with suppress(OSError):
            client.sendall(page)

    # --- what is held, and for how long

    def murder_pending(self) -> None:
        """Give turns, end the connections whose time is over, and make room where there is none."""
        super().murder_pending()
        self._turned_at = monotonic()
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        now = monotonic()
        if now < self._swept_at + _SWEEP_SECONDS:
            return
        self._swept_at = now
        if now >= self._next_turns:
            self._next_turns = now + _TURN_SECONDS
            self._give_turns()
        for conn in [conn for conn in self._watched if conn.due < now]:
            self._drop(conn)

    def _make_room(self) -> bool:
        """Let the connection that has waited longest for a request go, for whoever comes with one.

        False where each has begun with one.
        """
        idle = [conn for conn in self._at(Stage.COMING) if not conn.arriving.data]
        if idle:
            self._drop(min(idle, key=lambda each: each.waits_since))
        return bool(idle)

    def _cap_keepalive(self, deadline: float) -> None:
        # A worker that stops waits no longer for new requests, and nobody for their turn.
        super()._cap_keepalive(deadline)
        self._give_turns()
        for conn in self._at(Stage.COMING):
            if not conn.arriving.data:
                conn.due = min(conn.due, deadline)

    def _hold(self, conn: Connection, size: int) -> None:
        """Note how much is held of a connection; beyond what all may have, the largest gives way."""
        self._held += size - conn.held
        conn.held = size
        if self._held > _MOST_HELD:
            some = (*self._watched, *self._waiting_ones())
            self._let_go(max(some, key=lambda each: each.held, default=conn))

    def _let_go(self, largest: Connection) -> None:
        for others in self._waiting.values():
            if largest in others:
                others.remove(largest)
        if largest.held and largest.stage in {Stage.COMING, Stage.WAITING}:
            self._refuse(largest, _FULL)
        elif largest.held and largest in self._watched:
            self._drop(largest)

    def _at(self, stage: Stage) -> list[Connection]:
        return [conn for conn in self._watched if conn.stage is stage]

    def _watch(self, conn: Connection, stage: Stage, events: int, then: Callable[[Connection], None]) -> None:
        def called(_: Any) -> None:
            # What was heard of it in the same breath may have ended the wait.
            if conn in self._watched and conn.stage is stage:
                then(conn)

        conn.stage = stage
        self._watched.add(conn)
        self.poller.register(conn.sock, events, called)

    def _forget(self, conn: Connection) -> None:
        if conn in self._watched:
            self._watched.remove(conn)
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        self._hold(conn, 0)
        self.nr_conns -= 1
        conn.close()


def too_long_page() -> bytes:
    """Return the whole answer to a request line that is too long, b"" where the site has no page for it."""
    try:
        body = get_template("414.html").render().encode()
    except TemplateDoesNotExist:
        return b""
    return _message("414 URI Too Long", _PAGE, body)


def _host(conn: Connection) -> str:
    """Return whom a connection comes from, as gunicorn says it; "" for a socket of this machine's files."""
    return str(conn.client[0]) if isinstance(conn.client, tuple) else ""


def _answer(refused: Refusal) -> bytes:
    more = ("Retry-After: 10",) if refused in {_FULL, _TOO_OFTEN} else ()
    return _message(refused.status, (*_PROGRAMS, *more), refusal(refused.said))


def _message(status: str, fields: tuple[str, ...], body: bytes) -> bytes:
    head = [f"HTTP/1.1 {status}", "Connection: close", "Cache-Control: no-store", *fields]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode("ascii") + body
