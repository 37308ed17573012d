"""O15: what somebody sends is read in one way or refused, by the server alone and behind the reference proxy.

What could be read in two ways would let a stranger hide a request in another's (request smuggling), or have
an answer that nobody asked for wait for the next who asks (RFC 9112 section 11).
"""

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.attacks.proxying import proxy_of
from tests.unit.config.served import Address, Site, line, served

pytestmark = pytest.mark.requirement("S9.4-12")
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKED, NO_CHUNK = b"Transfer-Encoding: chunked", b"0\r\n\r\n"


def post(*fields: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    head = [b"POST /a HTTP/" + version, b"Host: x", *fields, b"", b""]
    return b"\r\n".join(head) + body


def chunks(body: bytes) -> bytes:
    return post(CHUNKED, body=body)


def get(target: bytes = b"/a", *fields: bytes, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> bytes:
    return b"\r\n".join([b" ".join((method, target, version)), b"Host: x", *fields, b"", b""])


LENGTHS = (
    *(b"+5", b"-5", b"5 5", b"5, 5", b"5;", b"5_0", b"0x5", b"", b"\xb2", b"5\x00", b"5\x0b", b"5.0"),
    *(b"9" * 19, b"9" * 5000),
)
CODINGS = (
    *(b"identity", b"xchunked", b"gzip, chunked", b"chunked, chunked", b"chunked, identity", b""),
    *(b"chunked;q=1", b"\x0bchunked", b"chunked\x00", b'"chunked"'),
)
SIZES = (
    *(b"+5", b"-5", b"0x5", b"1_0", b" 5", b"5 ", b"5\t", b"", b"g", b"5\nabc", b"5;a\rb", b"5;\x00\nx"),
    *(b"\xb2", b"000000005", b"fffffffff", b"8000000000000005"),
)
VERSIONS = (b"HTTP/11.1", b"http/1.1", b"HTTP/1.1 x")
METHODS = (b"get", b"G(T", b"GE\x00T", b"G" * 30, b"")
TARGETS = (b"", b"a", b"*", b"/a\tb", b"/\xff", b"/\x00")
# What is refused, and by which status.
REFUSED = {
    "a length and chunks": (post(b"Content-Length: 5", CHUNKED, body=NO_CHUNK), 400),
    "chunks and a length": (post(CHUNKED, b"Content-Length: 5", body=NO_CHUNK), 400),
    "two lengths": (post(b"Content-Length: 0", b"Content-Length: 5", body=b"abcde"), 400),
    "a length twice": (post(b"Content-Length: 5", b"content-length: 5", body=b"abcde"), 400),
    "a length before its colon": (post(b"Content-Length : 5", body=b"abcde"), 400),
    "a length on a line that is folded": (post(b"X: y", b" Content-Length: 5", body=b"abcde"), 400),
    "a length behind a bare line feed": (post(b"X: y\nContent-Length: 5", body=b"abcde"), 400),
    "a length behind a bare return": (post(b"X: y\rContent-Length: 5", body=b"abcde"), 400),
    **{f"a length of {length[:30]!r}": (post(b"Content-Length: " + length), 400) for length in LENGTHS},
    "chunks before their colon": (post(b"Transfer-Encoding : chunked", body=NO_CHUNK), 400),
    "chunks on a line that is folded": (post(b"Transfer-Encoding:", b" chunked", body=NO_CHUNK), 501),
    "chunks twice": (post(CHUNKED, CHUNKED), 501),
    "chunks in HTTP/1.0": (post(CHUNKED, body=NO_CHUNK, version=b"1.0"), 400),
    **{f"a coding {coding!r}": (post(b"Transfer-Encoding: " + coding), 501) for coding in CODINGS},
    **{f"a chunk of {size!r}": (chunks(size + b"\r\nabcde\r\n" + NO_CHUNK), 400) for size in SIZES},
    "a chunk that goes on": (chunks(b"5\r\nabcdefg\r\n0\r\n\r\n"), 400),
    "a chunk that ends in a line feed": (chunks(b"5\r\nabcde\n0\r\n\r\n"), 400),
    "a length in the trailer": (chunks(b"0\r\nContent-Length: 5\r\n\r\n"), 400),
    "a trailer without a name": (chunks(b"0\r\nnonsense\r\n\r\n"), 400),
    "an endless line of a chunk": (chunks(b"5;" + b"x" * 300), 400),
    "line feeds alone": (b"GET /a HTTP/1.1\nHost: x\n\n", 400),
    "a field without a name": (get(b"/a", b": y"), 400),
    "a field without a colon": (get(b"/a", b"nonsense"), 400),
    "a space in a name": (get(b"/a", b"X Y: z"), 400),
    "a NUL in a name": (get(b"/a", b"X\x00Y: z"), 400),
    "a NUL in a value": (get(b"/a", b"X: y\x00z"), 400),
    "a folded line": (get(b"/a", b"X: y", b" z"), 400),
    "no host": (b"GET /a HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get(b"/a", b"Host: y"), 400),
    "another expectation": (post(b"Expect: the-best", b"Content-Length: 0"), 417),
    "HTTP/0.9": (b"GET /a\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    **{f"version {version!r}": (get(version=version), 400) for version in VERSIONS},
    **{f"method {method!r}": (get(method=method), 400) for method in METHODS},
    **{f"target {target!r}": (get(target), 400) for target in TARGETS},
    "an empty line too many": (b"\r\n\r\n" + get(), 400),
}
# What is read, and as what; `LAST` follows each.
READ = {
    "one after another": (get() + get(b"/b"), ["GET /a 0", "GET /b 0"]),
    "a length with zeros before it": (post(b"Content-Length: 005", body=b"abcde"), ["POST /a 5"]),
    "a length with space around it": (post(b"Content-Length:\t 5 ", body=b"abcde"), ["POST /a 5"]),
    "a length under another name": (post(b"Content_Length: 99"), ["POST /a 0"]),
    "chunks under another name": (post(b"Transfer_Encoding: chunked"), ["POST /a 0"]),
    "a body of a GET": (get(b"/a", b"Content-Length: 5") + b"abcde", ["GET /a 5"]),
    "chunks": (chunks(b"2\r\nab\r\n003\r\ncde\r\n0\r\n\r\n"), ["POST /a 5"]),
    "chunks in letters": (chunks(b"A\r\n0123456789\r\n0\r\n\r\n"), ["POST /a 10"]),
    "a coding in capitals": (post(b"Transfer-Encoding: Chunked", body=NO_CHUNK), ["POST /a 0"]),
    "chunks with extensions": (chunks(b'5;a=b;c="d\t"\r\nabcde\r\n0;e\r\n\r\n'), ["POST /a 5"]),
    "chunks with a trailer": (chunks(b"5\r\nabcde\r\n0\r\nX: y\r\nZ: z\r\n\r\n"), ["POST /a 5"]),
    "an end within a chunk": (chunks(b"c\r\n\r\n0\r\n\r\n01234\r\n0\r\n\r\n"), ["POST /a 12"]),
    "an expectation with its body": (
        post(b"Expect: 100-Continue", b"Content-Length: 5", body=b"abcde"),
        ["POST /a 5"],
    ),
    "an empty line before it": (b"\r\n" + get(), ["GET /a 0"]),
    "an address with a host": (get(b"http://x/a"), ["GET /a 0"]),
    "an address of two slashes": (get(b"//x/a"), ["GET //x/a 0"]),
    "a question to all": (get(b"*", method=b"OPTIONS"), ["OPTIONS * 0"]),
    "HTTP/1.0 that goes on": (get(b"/a", b"Connection: keep-alive", version=b"HTTP/1.0"), ["GET /a 0"]),
    "a body that nobody reads": (
        post(b"Content-Length: 99999", body=b"x" * 99_999).replace(b"/a", b"/unread"),
        ["POST /unread 0"],
    ),
}
# What is read, and the connection ended by what was said in it.
LAST_OF_ALL = {
    "HTTP/1.0": (get(version=b"HTTP/1.0"), "GET /a 0"),
    "a close": (get(b"/a", b"Connection: close"), "GET /a 0"),
    "a tunnel": (get(b"x:80", method=b"CONNECT"), "CONNECT 80 0"),
}
EVERY = {
    **{name: raw for name, (raw, _) in REFUSED.items()},
    **{name: raw for name, (raw, _) in READ.items()},
    **{name: raw for name, (raw, _) in LAST_OF_ALL.items()},
}


@pytest.fixture(scope="module")
def everyone() -> Iterator[tuple[Site, Address]]:
    site = Site()
    with served(site, limit_request_line=8190) as (address, _):
        yield site, address


@pytest.fixture
def door(everyone: tuple[Site, Address]) -> tuple[Site, Address]:
    everyone[0].asked.clear()
    return everyone


@pytest.fixture(scope="module")
def proxied(
    everyone: tuple[Site, Address], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Address]]:
    site, (_, port) = everyone
    with proxy_of(port, tmp_path_factory.mktemp("proxy")) as before:
        yield site, ("127.0.0.1", before)


def told(address: Address, raw: bytes, *, step: int = 0) -> tuple[bytes, bool]:
    """What is answered to these bytes, in pieces or at once, and whether the connection ended then."""
    with line(address) as connected:
        with suppress(OSError):
            for start in range(0, len(raw), step or len(raw)):
                connected.sendall(raw[start : start + (step or len(raw))])
        received = b""
        try:
            while piece := connected.recv(65536):
                received += piece
        except TimeoutError:
            return received, False
        except ConnectionResetError:
            pass
        return received, True


def bodies(said: bytes) -> list[str]:
    """The answers of the site among what came: what each was asked, without the method."""
    return [found.decode() for found in re.findall(rb"\r\n\r\n([^\s<{]+ \d+)(?=HTTP/|\Z)", said)]


def without_method(asked: list[str]) -> list[str]:
    return [each.split(" ", 1)[1] for each in asked]


@pytest.mark.parametrize("step", [0, 1], ids=["at once", "a byte at a time"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_in_two_ways_is_refused(door: tuple[Site, Address], name: str, step: int) -> None:
    site, address = door
    raw, status = REFUSED[name]
    said, ended = told(address, raw + (b"" if step else HIDDEN), step=step)
    assert re.findall(rb"HTTP/1\.1 (\d+)", said) == [b"%d" % status]
    assert re.search(rb"(?i)\r\nconnection: close\r\n", said)
    assert ended
    assert site.asked == []


@pytest.mark.parametrize("step", [0, 7], ids=["at once", "seven bytes at a time"])
@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_read_in_one_way(door: tuple[Site, Address], name: str, step: int) -> None:
    site, address = door
    raw, asked = READ[name]
    said, ended = told(address, raw + LAST, step=step)
    assert site.asked == [*asked, "GET /last 0"]
    assert bodies(said) == without_method(site.asked)
    assert ended


@pytest.mark.parametrize("name", LAST_OF_ALL)
def test_nothing_follows_the_last_request(door: tuple[Site, Address], name: str) -> None:
    site, address = door
    raw, asked = LAST_OF_ALL[name]
    said, ended = told(address, raw + HIDDEN)
    assert (site.asked, bodies(said), ended) == ([asked], without_method([asked]), True)


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("name", EVERY)
def test_behind_the_proxy_each_gets_the_answer_to_what_it_asked(
    door: tuple[Site, Address], proxied: tuple[Site, Address], name: str
) -> None:
    """The proxy reads some of it otherwise than the server would; both see as many requests."""
    site, address = proxied
    said, _ = told(address, EVERY[name] + HIDDEN + LAST)
    assert bodies(said) == without_method(site.asked)
    site.asked.clear()
    assert bodies(told(address, LAST)[0]) == ["/last 0"]
    assert site.asked == ["GET /last 0"]
