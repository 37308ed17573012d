"""T05, O15: a thread gets whole requests alone, and every connection that waits has its end."""

import errno
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from gunicorn.http.errors import NoMoreData

from config import arriving, connection, serving
from tests.unit.config.served import OURS, SECONDS, Address, Site, answer, line, served

pytestmark = pytest.mark.requirement("S9.4-12")
GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def address(site: Site) -> Iterator[Address]:
    with served(site, limit_request_line=200) as (where, _):
        yield where


def test_what_comes_in_pieces_is_one_request(address: Address, site: Site) -> None:
    head = b"POST /sample HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n"
    with line(address, head[:9], head[9:], b"abc", b"def") as connected:
        assert answer(connected, b"/sample 6").startswith(b"HTTP/1.1 200")
    assert site.asked == ["POST /sample 6"]


def test_a_body_in_chunks_is_taken_up_when_its_last_one_is_here(address: Address) -> None:
    head = b"POST /chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with line(
        address, head, b"3\r\nabc\r\n4;x=y\r", b"\ndefg\r\n0\r\n", b"\r\n" + GET % b"next"
    ) as connected:
        assert b"/chunks 7" in answer(connected, b"/next 0")


def test_a_connection_is_kept_for_the_next_request(address: Address, site: Site) -> None:
    with line(address, GET % b"one") as connected:
        answer(connected, b"/one 0")
        connected.sendall(GET % b"two" + GET % b"three")
        assert b"/two 0" in answer(connected, b"/three 0")
    assert site.asked == ["GET /one 0", "GET /two 0", "GET /three 0"]


def test_what_a_body_is_announced_for_is_asked_for(address: Address) -> None:
    head = b"POST /sample HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    with line(address, head) as connected:
        assert b"100 Continue" in answer(connected, b"\r\n\r\n")
        connected.sendall(b"abc")
        assert b"100 Continue" not in answer(connected, b"/sample 3")
    with line(address, head.replace(b" 3", b" 300000")) as connected:
        assert b"100 Continue" not in answer(connected)


def test_a_body_that_nobody_reads_is_dropped_and_its_connection_kept(address: Address) -> None:
    """All of it, however long; gunicorn itself gives up after 64 KiB, when it has said keep-alive."""
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    with line(address, head, bytes(200_000)) as connected:
        assert b"Connection: keep-alive" in answer(connected, b"/unread 0")
        connected.sendall(GET % b"next")
        answer(connected, b"/next 0")


@pytest.mark.parametrize(
    ("length", "asked"),
    [(b"Content-Length: 300000", ["POST /unread 0"]), (b"Transfer-Encoding: chunked", [])],
)
def test_the_rest_of_a_body_that_was_refused_is_no_request(
    address: Address, site: Site, length: bytes, asked: list[str]
) -> None:
    """Else a page could hide requests in what it sends (request smuggling)."""
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % length
    with line(address, head, b"fffffff\r\n") as connected:
        said = answer(connected, b"}" if not asked else b"/unread 0")
        assert b"Connection: close" in said
        with suppress(OSError):
            connected.sendall(GET % b"hidden")
        assert b"hidden" not in answer(connected)
    assert site.asked == asked


@pytest.mark.parametrize("wrong", [-1, 1])
def test_where_gunicorn_finds_another_end_the_connection_ends(
    address: Address, site: Site, monkeypatch: pytest.MonkeyPatch, wrong: int
) -> None:
    """It finds no other today; should it once, nothing that is hidden between both is read."""
    reads_right = arriving._length_of
    monkeypatch.setattr(arriving, "_length_of", lambda head: (reads_right(head) or 0) + wrong)
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n"
    with line(address, head + GET % b"hidden" + GET % b"behind") as connected:
        answer(connected)
    assert site.asked == ["POST /unread 0"]


def test_an_answer_that_breaks_off_ends_its_connection_alone(address: Address) -> None:
    with line(address, GET % b"fails" + GET % b"next") as connected:
        assert b"/next" not in answer(connected)
    with line(address, GET % b"one") as connected:
        answer(connected, b"/one 0")


@pytest.mark.parametrize(
    "half", [b"", b"GET / HT", GET[:-2], b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_half_a_request_reaches_no_thread(address: Address, site: Site, half: bytes) -> None:
    with line(address, half) as connected:
        connected.shutdown(socket.SHUT_WR)
        assert answer(connected) == b""
    assert site.asked == []


@pytest.mark.parametrize("half", [b"", b"GET / HT"])
def test_who_never_ends_a_request_is_sent_away(
    address: Address, site: Site, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)
    monkeypatch.setattr(arriving.Arriving, "seconds", 0.05)
    with line(address, half) as connected:
        assert answer(connected) == b""
    assert site.asked == []


def test_too_long_a_head_is_refused(address: Address, site: Site) -> None:
    with line(address, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 400_000) as connected:
        assert b" 431 " in answer(connected, b"\r\n")
    assert site.asked == []


def test_too_long_an_address_has_a_page(address: Address, site: Site) -> None:
    with line(address, GET % (b"a" * 300)) as connected:
        assert b"414 URI Too Long" in answer(connected)
    assert site.asked == []


def test_what_is_no_request_is_a_bad_one(address: Address, site: Site) -> None:
    with line(address, b"\x16\x03\x01 nonsense\r\n\r\n") as connected:
        assert b" 400 " in answer(connected)
    assert site.asked == []


def test_a_thread_finds_what_came_of_its_request_alone() -> None:
    ours, theirs = socket.socketpair()
    with connection.Bounded(ours.detach()) as bounded, theirs:
        theirs.sendall(GET % b"next")
        with pytest.raises(NoMoreData):
            bounded.recv(100)


HALF = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"


def test_of_more_than_a_process_holds_the_largest_goes(
    address: Address, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever fills the memory gives way, and not whoever comes then with a small request."""
    monkeypatch.setattr(serving, "_MOST_HELD", 10_000)
    less = HALF.replace(b"9999", b"2100")
    with line(address, HALF + bytes(7000)) as large, line(address, less + bytes(2000)) as small:
        with line(address, GET % (b"x" * 150), GET % b"y") as other:
            answer(other, b"/y 0")
        with line(address, HALF + bytes(4000)):
            said = answer(large)
        assert b" 503 " in said
        assert b"Retry-After" in said
        small.sendall(bytes(100))
        answer(small, b"/ 2100")


def test_what_waits_for_a_thread_is_held_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_MOST_HELD", 10_000)
    goes_on = Event()

    def site(_: dict[str, Any], start_response: Any) -> list[bytes]:
        goes_on.wait(SECONDS)
        start_response("200 OK", [("Content-Length", "1")])
        return [b"x"]

    with served(site, threads=1) as (address, worker), ExitStack() as lines:
        whole = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n" + bytes(4000)
        taken = [lines.enter_context(line(address, whole)) for _ in range(2)]
        until(lambda: worker._held > 8000)
        with line(address, whole) as one_more:
            assert b" 503 " in answer(one_more)
        goes_on.set()
        for each in taken:
            answer(each, b"\r\n\r\nx")
        until(lambda: worker._held == 0)


def reads_nothing(address: Address, asked: bytes) -> socket.socket:
    """A line on which this was asked, and whose answer is not read."""
    connected = socket.socket()
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connected.settimeout(SECONDS)
    connected.connect(address)
    connected.sendall(asked)
    return connected


LONG = 8_000_000  # more than the system takes of an answer that nobody reads


def test_who_reads_slowly_holds_no_thread_and_gets_all_of_it(address: Address) -> None:
    with ExitStack() as lines:
        slow = [lines.enter_context(reads_nothing(address, GET % b"long/%d" % LONG)) for _ in range(5)]
        with line(address, GET % b"one") as connected:
            answer(connected, b"/one 0")
        received = 0
        while received < LONG:
            received += len(slow[0].recv(1024 * 1024))


def test_who_reads_nothing_is_sent_away(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_WRITE_SECONDS", 0.1)
    monkeypatch.setattr(connection, "_BYTES_A_SECOND", 10**9)
    monkeypatch.setattr(serving, "_SWEEP_SECONDS", 0.0)
    for most in (connection._MOST_UNSENT, 100_000):  # left to the loop, or waited for by a thread
        monkeypatch.setattr(connection, "_MOST_UNSENT", most)
        with reads_nothing(address, GET % b"long/%d" % LONG) as slow:
            sleep(1.5)
            assert came(slow) < LONG


def test_of_a_longer_answer_a_thread_waits_for_its_reader(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_MOST_UNSENT", 100_000)
    with line(address, GET % b"long/%d" % LONG) as connected:
        received = 0
        while received < LONG:
            received += len(connected.recv(1024 * 1024))


def test_of_answers_that_nobody_reads_the_largest_goes(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_MOST_HELD", LONG)
    with ExitStack() as lines:
        slow = [lines.enter_context(reads_nothing(address, GET % b"long/%d" % LONG)) for _ in range(3)]
        with line(address, GET % b"one") as connected:
            answer(connected, b"/one 0")
        sleep(0.2)
        assert any(came(each) < LONG for each in slow)


def came(slow: socket.socket) -> int:
    """How much comes, up to the end of a line."""
    received = 0
    with suppress(OSError):
        while piece := slow.recv(1024 * 1024):
            received += len(piece)
            if received > LONG:
                break
    return received


def test_what_is_dropped_of_refused_bodies_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_MOST_LEAVING", 2)
    monkeypatch.setattr(serving, "_LINGER_SECONDS", 60.0)
    with served(Site()) as (address, worker), ExitStack() as lines:
        for _ in range(5):
            refused = lines.enter_context(line(address, b"nonsense\n"))
            answer(refused, b"}")
        until(lambda: worker.nr_conns == 2)
        assert len(worker._at(connection.Stage.LEAVING)) == 2
        assert worker._held == 0
    monkeypatch.setattr(serving, "_UNREAD", 1000)
    with served(Site()) as (address, worker), line(address, b"nonsense\n") as refused:
        answer(refused, b"}")
        with suppress(OSError):
            refused.sendall(bytes(100_000))
        until(lambda: worker.nr_conns == 0)


def test_who_asks_for_nothing_gives_way_to_who_asks(site: Site) -> None:
    with served(site, worker_connections=10) as (address, _), ExitStack() as lines:
        for _ in range(5):
            kept = lines.enter_context(line(address, GET % b"kept"))
            answer(kept, b"/kept 0")
        for _ in range(20):
            lines.enter_context(line(address))
        with line(address, GET % b"one") as connected:
            answer(connected, b"/one 0")


@contextmanager
def few_files(most: int) -> Iterator[Address]:
    """A site in a process that may have so few files open, and ends well."""
    command = [sys.executable, "-m", "tests.unit.config.few_files", str(most)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=OURS.parent, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout
        try:
            yield "127.0.0.1", int(child.stdout.readline())
            child.communicate(timeout=SECONDS)
            assert child.returncode == 0
        finally:
            child.kill()


def test_where_files_run_out_who_asks_for_nothing_gives_way() -> None:
    with few_files(40) as address, ExitStack() as lines:
        kept = [lines.enter_context(line(address, GET % b"kept")) for _ in range(5)]
        for each in kept:
            answer(each, b"/kept 0")
        for _ in range(60):
            lines.enter_context(line(address))
        for _ in range(3):
            with line(address, GET % b"one") as connected:
                answer(connected, b"/one 0")


def test_where_everybody_has_begun_whoever_comes_waits_for_a_file() -> None:
    with few_files(40) as address, ExitStack() as lines:
        half = [lines.enter_context(line(address, b"GET / HT")) for _ in range(60)]
        with line(address, GET % b"one") as connected:
            for each in half:
                each.close()
            answer(connected, b"/one 0")


def test_the_loop_does_not_spin_while_there_is_no_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[float] = []

    def accepted(_: socket.socket) -> Any:
        tries.append(monotonic())
        raise OSError(errno.ENOBUFS, "not taken")

    with served(site) as (address, _), line(address), monkeypatch.context() as patch:
        patch.setattr(socket.socket, "accept", accepted)
        with line(address):
            until(lambda: len(tries) > 5)
        assert tries[5] - tries[0] > 4 * serving._REST_SECONDS


@pytest.mark.parametrize(
    "problem", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EPROTO, errno.EHOSTUNREACH, errno.EPERM]
)
def test_no_connection_that_is_not_taken_ends_the_loop(
    site: Site, problem: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails, accept = [OSError(problem, "not taken")] * 3, socket.socket.accept

    def accepted(listener: socket.socket) -> Any:
        if fails:
            raise fails.pop()
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", accepted)
    with served(site) as (address, _), line(address, GET % b"one") as connected:
        answer(connected, b"/one 0")
    assert not fails


def test_a_connection_that_was_kept_ends_when_nothing_more_is_asked(site: Site) -> None:
    with served(site, keepalive=1) as (address, _), line(address, GET % b"one") as connected:
        answer(connected, b"/one 0")
        assert answer(connected) == b""


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, which another thread makes true."""
    for _ in range(100 * SECONDS):
        if holds():
            return
        sleep(0.01)
    raise AssertionError
