"""P01: a body without a length has one before Django looks, within the limit."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest

from authsvc.capture.wire import SAMPLE_LIMIT
from config.bodies import LONGEST, LONGEST_SAMPLE, longest
from config.chunked import with_length


class Trickle:
    """A stream that gives a few bytes at a time, as a socket may."""

    def __init__(self, body: bytes, step: int) -> None:
        self.stream, self.step, self.taken = BytesIO(body), step, 0

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(min(size, self.step))
        self.taken += len(piece)
        return piece

    readline = read


def call(stream: Any, *, terminated: bool = True, **environ: str) -> tuple[str, dict[str, Any], bytes]:
    """What is answered, what the application saw, and the body that it read."""
    said: list[str] = []
    seen: dict[str, Any] = {}

    def application(given: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.update(given, body=WSGIRequest({"REQUEST_METHOD": "POST", **given}).body)
        start("200 OK", [])
        return [b""]

    base = {"wsgi.input": stream, "wsgi.input_terminated": terminated, "wsgi.errors": BytesIO()}
    list(with_length(application)({**base, **environ}, lambda status, _headers: said.append(status)))
    return said[0], seen, seen.get("body", b"")


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize("body", [b"", b"a", b"grant_type=x&" * 100])
def test_p01_the_body_is_read_whole(body: bytes, step: int) -> None:
    status, seen, read = call(Trickle(body, step), HTTP_TRANSFER_ENCODING="chunked")
    assert (status, read) == ("200 OK", body)
    assert seen["CONTENT_LENGTH"] == str(len(body))
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_p01_a_longer_one_is_refused_before_it_is_all_read(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    stream = Trickle(b"x" * (3 * LONGEST), 50_000)
    assert call(stream, HTTP_TRANSFER_ENCODING="Chunked")[0] == "413 Content Too Large"
    assert stream.taken == LONGEST + 1
    longest = Trickle(b"x" * LONGEST, 1_000_000)
    assert call(longest, HTTP_TRANSFER_ENCODING="chunked")[0] == "200 OK"


def test_p01_a_length_that_was_announced_is_left_alone() -> None:
    stream = Trickle(b"abcdef", 10)
    assert call(stream, CONTENT_LENGTH="3")[2] == b"abc"
    assert stream.taken == 3
    assert call(Trickle(b"abc", 10))[2] == b""


def test_p01_a_server_that_does_not_decode_chunks_says_so() -> None:
    status, _, _ = call(Trickle(b"3\r\nabc", 9), terminated=False, HTTP_TRANSFER_ENCODING="chunked")
    assert status == "411 Length Required"


def test_p01_the_longest_sample_fits() -> None:
    assert longest("/t/demo/agent/abc/sample") == LONGEST_SAMPLE == SAMPLE_LIMIT
