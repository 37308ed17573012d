"""A request on its way: where it ends, and when a thread can take it up without waiting for its sender.

There is one way to say how long a request is: its length in digits, or chunks, and never both (RFC 9112
section 6). What somebody else could read in another way is refused here, unread. Of everything else gunicorn
is the judge: it reads the same bytes again, and no byte behind them (config/serving.py).
"""

import re
from typing import Final, NamedTuple

from config.bodies import TOO_LARGE, at_most, longest

# Bytes of method, address and version together (gunicorn's own maximum).
LONGEST_REQUEST_LINE: Final = 8190
LONGEST_HEAD: Final = 64 * 1024
# Seconds for a head, and after it for a body: these, and a second for so many bytes (ten minutes for the
# longest over a line that no picture comes through).
HEAD_SECONDS: Final = 10.0
_BYTES_A_SECOND: Final = 16 * 1024

_END: Final = b"\r\n\r\n"
_BARE_FEED: Final = re.compile(rb"(?<!\r)\n")
_DIGITS: Final = re.compile(rb"[0-9]{1,18}")
# A line that says how long a chunk is (RFC 9112 section 7.1), with whatever extensions.
_CHUNK: Final = re.compile(rb"([0-9a-fA-F]{1,8})([ \t]*;[^\r\n]*)?")
_LONGEST_CHUNK_LINE: Final = 256
# Bytes of such lines and of a trailer beside a body: whoever sends more of them sends little else.
_MOST_FRAMING: Final = 128 * 1024


class Refusal(NamedTuple):
    """What is answered where no thread looks at a request: the status, and why."""

    status: str
    said: str


_TWO_WAYS: Final = Refusal("400 Bad Request", "It is not clear where this request ends.")
_OTHER_CODING: Final = Refusal("501 Not Implemented", "Chunks are the only coding of a transfer here.")
_LONG_HEAD: Final = Refusal("431 Request Header Fields Too Large", f"At most {LONGEST_HEAD} bytes are taken.")


class Refused(Exception):
    """A request that is not looked at any further."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.said)
        self.refusal = refusal


class Arriving:
    """The bytes of one request that have come, and of what may follow it on the same connection.

    `end` says where it ends, once a thread finds all of it that it will read. `is_cut` says that more of it
    may come, which nobody reads. `continues` says that its sender waits for a word before it sends the body;
    the caller clears it.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.end = -1
        self.is_cut = False
        self.continues = False
        self._looked_at = 0  # bytes of the head
        self._body = -1  # where it begins
        self._length: int | None = None
        self._chunks: _Chunks | None = None

    @property
    def is_whole(self) -> bool:
        """Whether a thread can take it up."""
        return self.end >= 0

    @property
    def seconds(self) -> float:
        """How long it may take from its first byte on."""
        if self._body < 0:
            return HEAD_SECONDS
        most = self._chunks.most if self._chunks else self._length or 0
        return 2 * HEAD_SECONDS + most / _BYTES_A_SECOND

    @property
    def forwarded_for(self) -> str:
        """What proxies say of whom it comes from, as gunicorn gives it on."""
        head = bytes(self.data[: max(self._body, 0)])
        return b",".join(_values(head, b"x-forwarded-for")).decode("latin-1")

    def take(self, piece: bytes) -> None:
        """Note what has come; raises Refused."""
        self.data += piece
        if self._body < 0:
            self._look_for_body()
        if self._chunks:
            self.end = self._chunks.end_in(self.data)
        elif self._length is not None and len(self.data) >= self._body + self._length:
            self.end = self._body + self._length

    def cut_off(self) -> bytes:
        """Take the request out of what has come, and leave what follows it."""
        request = bytes(self.data[: self.end])
        del self.data[: self.end]
        return request

    def _look_for_body(self) -> None:
        found = self.data.find(_END, self._looked_at)
        end = found if found >= 0 else len(self.data)
        if _BARE_FEED.search(self.data, self._looked_at, end):
            raise Refused(_TWO_WAYS)
        if end > LONGEST_HEAD:
            raise Refused(_LONG_HEAD)
        if found < 0:
            self._looked_at = max(0, end - len(_END) + 1)
            if end > LONGEST_REQUEST_LINE + 4 and self.data.find(b"\r\n", 2, end) < 0:
                self._give_on()  # there is a page for it
            return
        self._body = found + len(_END)
        self._note_length(bytes(self.data[:found]).removeprefix(b"\r\n"))

    def _note_length(self, head: bytes) -> None:
        most, length = longest(_target_of(head)), _length_of(head)
        if length is None:
            self._chunks = _Chunks(self._body, most)
        elif length > most:
            self._give_on()  # it is refused unread
            return
        self._length = length
        expects = [value.lower() for value in _values(head, b"expect")] == [b"100-continue"]
        self.continues = expects and length != 0 and len(self.data) == self._body

    def _give_on(self) -> None:
        self.end, self.is_cut = len(self.data), True


class _Chunks:
    """Follows the chunks of a body (RFC 9112 section 7.1), each of which counts once all of it is here."""

    def __init__(self, begin: int, most: int) -> None:
        self.most = most
        self._next = begin
        self._left, self._framing_left = most, _MOST_FRAMING
        self._looked_at = 0  # bytes, for the end of a trailer

    def end_in(self, data: bytearray) -> int:
        """Return where the last of them and its trailer end, -1 where they go on; raises Refused."""
        while (line := data.find(b"\r\n", self._next, self._next + _LONGEST_CHUNK_LINE)) >= 0:
            size = _size_of(bytes(data[self._next : line]))
            if size == 0:
                return self._trailer_end_in(data, line + 2)
            framing, end = line + 4 - self._next, line + 2 + size
            if size > self._left or framing > self._framing_left:
                raise Refused(Refusal(TOO_LARGE, at_most(self.most)))
            if len(data) < end + 2:
                return -1
            if data[end : end + 2] != b"\r\n":
                raise Refused(_TWO_WAYS)
            self._left, self._framing_left = self._left - size, self._framing_left - framing
            self._next = end + 2
        if len(data) - self._next > _LONGEST_CHUNK_LINE:
            raise Refused(_TWO_WAYS)
        return -1

    def _trailer_end_in(self, data: bytearray, begin: int) -> int:
        if data.startswith(b"\r\n", begin):
            return begin + 2
        found = data.find(_END, max(begin, self._looked_at))
        self._looked_at = len(data) - len(_END) + 1
        if (found if found >= 0 else len(data)) - begin > self._framing_left:
            raise Refused(_LONG_HEAD)
        return found + len(_END) if found >= 0 else -1


def _length_of(head: bytes) -> int | None:
    """Return how long the body is, None for one in chunks; raises Refused."""
    lengths, codings = _values(head, b"content-length"), _values(head, b"transfer-encoding")
    if not codings and not lengths:
        return 0
    if codings and (lengths or not head.split(b"\r\n", 1)[0].endswith(b" HTTP/1.1")):
        raise Refused(_TWO_WAYS)
    if codings:
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise Refused(_OTHER_CODING)
        return None
    if len(lengths) != 1 or not _DIGITS.fullmatch(lengths[0]):
        raise Refused(_TWO_WAYS)
    return int(lengths[0])


def _values(head: bytes, name: bytes) -> list[bytes]:
    """Return what a field is given as, each time."""
    fields = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return [value.strip(b" \t") for given, _, value in fields if given.lower() == name]


def _target_of(head: bytes) -> str:
    parts = head.split(b"\r\n", 1)[0].split(b" ")
    return parts[1].decode("latin-1") if len(parts) > 1 else ""


def _size_of(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Refused(_TWO_WAYS)
    return int(found[1], 16)
