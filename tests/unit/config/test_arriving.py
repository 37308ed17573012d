"""T05, O15: a thread gets a request when all that it will read is there, and not before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.arriving import HEAD_SECONDS, LONGEST_HEAD, LONGEST_REQUEST_LINE, Arriving, Refused
from config.bodies import LONGEST, LONGEST_SAMPLE

FORM = b"POST /t/demo/token HTTP/1.1\r\nHost: a\r\n"
CHUNKED = FORM + b"Transfer-Encoding: chunked\r\n\r\n"


def whole_after(request: bytes, step: int = 1) -> int:
    """After how many bytes the request is whole, when it comes a few at a time; -1 for never."""
    arriving = Arriving()
    for start in range(0, len(request), step):
        arriving.take(request[start : start + step])
        if arriving.is_whole:
            assert bytes(arriving.data) == request[: start + step]
            return min(start + step, len(request))
    return -1


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        FORM + b"Content-Length: 3\r\n\r\na=b",
        FORM + b"content-length:\t3 \r\nX: y\r\n\r\na=b",
        CHUNKED + b"3\r\na=b\r\n0\r\n\r\n",
        CHUNKED + b"3;x=y\r\na=b\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n",
        CHUNKED + b"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",  # what looks like an end stands within a chunk
    ],
)
def test_a_request_is_whole_with_its_last_byte(request_: bytes) -> None:
    assert whole_after(request_) == len(request_)
    assert whole_after(request_, step=1000) == len(request_)
    assert whole_after(request_[:-1]) == -1


TRAILERS = CHUNKED + b"3\r\na=b\r\n0\r\nOne: 1\r\nTwo: 2\r\n\r\n"


def test_the_end_of_a_trailer_is_found_wherever_it_is_cut() -> None:
    for first in range(len(CHUNKED), len(TRAILERS)):
        for second in range(first, len(TRAILERS)):
            arriving = Arriving()
            for piece in (TRAILERS[:first], TRAILERS[first:second], TRAILERS[second:] + b"GET /"):
                assert not arriving.is_whole
                arriving.take(piece)
            assert arriving.end == len(TRAILERS)


class Counting(bytearray):
    """Bytes that count how many of them were searched."""

    searched = 0

    def find(self, sub: Any, start: Any = 0, end: Any = None, /) -> int:
        found = super().find(sub, start, end)
        until = len(self) if end is None else min(len(self), end)
        self.searched += max(0, (found if found >= 0 else until) - start)
        return found


@pytest.mark.parametrize(
    ("begun", "most"),
    [(FORM + b"X: ", LONGEST_HEAD), (CHUNKED + b"0\r\nX: ", 100_000), (CHUNKED, 200)],
    ids=["head", "trailer", "chunk"],
)
def test_whoever_trickles_costs_no_more_for_each_byte(begun: bytes, most: int) -> None:
    arriving = Arriving()
    arriving.data = Counting()
    arriving.take(begun)
    for _ in range(most - len(begun)):
        arriving.take(b"1")
    assert arriving.data.searched < 300 * most


@pytest.mark.parametrize("request_", [FORM + b"Content-Length: %d\r\n\r\n" % (LONGEST + 1), b"G" * 9000])
def test_what_is_refused_by_what_can_be_said_already_is_given_on_at_once(request_: bytes) -> None:
    assert LONGEST_REQUEST_LINE < 9000
    assert whole_after(request_, 100) > 0


def refused(*pieces: bytes) -> str:
    """The status by which the last of these pieces is refused."""
    arriving = Arriving()
    for piece in pieces[:-1]:
        arriving.take(piece)
    with pytest.raises(Refused) as raised:
        arriving.take(pieces[-1])
    return raised.value.refusal.status


@pytest.mark.parametrize(
    "request_",
    [
        CHUNKED.replace(b"Transfer", b"Content-Length: 3\r\nTransfer"),
        FORM + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
        CHUNKED + b"3\r\nabcd\r",
        CHUNKED + b"+3\r\n",
        FORM + b"X: y\n",
    ],
)
def test_what_says_in_two_ways_where_it_ends_is_refused_before_it_does(request_: bytes) -> None:
    assert refused(request_)[:3] == "400"


def test_a_head_without_an_end_is_too_long() -> None:
    assert refused(FORM + b"X: ", b"y" * LONGEST_HEAD)[:3] == "431"
    assert refused(FORM + b"X: " + b"y" * LONGEST_HEAD + b"\r\n\r\n")[:3] == "431"


def test_chunks_are_not_longer_than_a_body_nor_many_for_what_is_in_them() -> None:
    assert refused(CHUNKED + b"%x\r\n" % (LONGEST + 1))[:3] == "413"
    half = b"%x\r\n" % (LONGEST // 2) + bytes(LONGEST // 2) + b"\r\n"
    assert whole_after(CHUNKED + 2 * half + b"0\r\n\r\n", 10_000) > LONGEST
    assert refused(CHUNKED, half, half, b"1\r\n")[:3] == "413"
    assert refused(CHUNKED, b"1\r\nx\r\n" * 30_000)[:3] == "413"
    assert refused(CHUNKED + b"0\r\nX: ", b"y" * LONGEST)[:3] == "431"
    assert refused(CHUNKED + b"1" * 300)[:3] == "400"


def test_what_follows_a_request_is_left() -> None:
    arriving = Arriving()
    arriving.take(FORM + b"Content-Length: 1\r\n\r\nxGET /")
    assert arriving.cut_off().endswith(b"\r\n\r\nx")
    assert bytes(arriving.data) == b"GET /"


PIECES = (
    *(b"POST /t/a/token HTTP/1.1", b"GET / HTTP/1.0", b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"Host: a", b": "),
    *(b"Content-Length: 3", b"Content-Length: ", b"Transfer-Encoding: chunked", b"gzip", b"0", b"3", b"abc"),
    *(b"3\r\nabc\r\n", b"0\r\n\r\n", b";x=y", b"-1", b"9" * 20, b"\x00", b"\xff", b"Expect: 100-continue"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=16).map(b"".join))
def test_how_it_comes_does_not_matter(sent: bytes) -> None:
    """Whatever comes, there is an end, a refusal or a wait, and the same in one piece and byte by byte."""
    assert outcome(sent, len(sent) or 1) == outcome(sent, 1)


def outcome(sent: bytes, step: int) -> int | None:
    arriving = Arriving()
    try:
        for start in range(0, len(sent), step):
            arriving.take(sent[start : start + step])
            if arriving.is_whole:
                return arriving.end
    except Refused:
        return None
    return -1


def test_who_waits_for_a_word_is_given_it() -> None:
    arriving = Arriving()
    arriving.take(FORM + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert arriving.continues


def test_a_long_body_has_more_time_and_a_head_little() -> None:
    head, form, sample = Arriving(), Arriving(), Arriving()
    head.take(b"GET / HT")
    form.take(FORM + b"Content-Length: 100\r\n\r\n")
    sample.take(b"POST /t/a/agent/b/sample HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % LONGEST_SAMPLE)
    assert head.seconds == HEAD_SECONDS
    assert form.seconds < 30 < 300 < sample.seconds < 600
