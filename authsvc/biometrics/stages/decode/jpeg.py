"""A JPEG file's markers, walked without decoding a pixel (ITU-T T.81 annex B)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from authsvc.biometrics.types import BadSample, Reason

LEAST_SIDE: Final = 320
MOST_SIDE: Final = 1920
MOST_METADATA: Final = 96 * 1024
SYNTHETIC: Final = b"VISOR-SYNTHETIC"

_SOI, _EOI, _SOS, _DQT, _COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_BASELINE, _PROGRESSIVE = 0xC0, 0xC2
# Behind 0xFF in a scan: a stuffed zero, the restart markers, and fill bytes end nothing.
_WITHIN_SCAN = np.isin(np.arange(256), [0x00, *range(0xD0, 0xD8), 0xFF])


@dataclass(slots=True)
class Header:
    """What the markers tell: pixels before any rotation, quantisation tables (zigzag order), comments."""

    width: int = 0
    height: int = 0
    tables: dict[int, tuple[int, ...]] = field(default_factory=dict)
    comments: list[bytes] = field(default_factory=list)
    metadata: int = 0
    scans: int = 0

    @property
    def simulated(self) -> bool:
        """Whether the software phone made it (docs/protocol.md section 4)."""
        return any(SYNTHETIC in comment for comment in self.comments)


def read_header(data: bytes) -> Header:
    """Return the header of a whole JPEG file.

    It must have 8 bits, be baseline or progressive, grey or YCbCr, and of 320 to 1920 pixels a side.
    Raises BadSample on another format, a side out of range, more than 96 KiB of metadata, a file that
    ends early, or one that goes on behind its end marker (polyglots, multi-picture files).
    """
    if data[:2] != b"\xff\xd8":
        raise BadSample(Reason.PICTURE_FORMAT, detail="not a JPEG file")
    header = Header()
    at = 2
    try:
        while True:
            marker, at = _marker(data, at)
            if marker == _EOI:
                break
            at = _segment(header, marker, data, at)
    except IndexError:
        raise BadSample(Reason.PICTURE_DAMAGED, detail="ends early") from None
    if at != len(data):
        raise BadSample(Reason.TRAILING_DATA, detail=f"{len(data) - at} bytes behind the end")
    if not header.width or not header.scans:
        raise BadSample(Reason.PICTURE_FORMAT, detail="no picture")
    return header


def _marker(data: bytes, at: int) -> tuple[int, int]:
    if data[at] != 0xFF:
        raise BadSample(Reason.PICTURE_DAMAGED, detail=f"no marker at byte {at}")
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def _segment(header: Header, marker: int, data: bytes, at: int) -> int:
    """Read one segment and return where the next marker starts."""
    length = int.from_bytes(data[at : at + 2], "big")
    end = at + length
    if length < 2 or marker in {0x00, _SOI} or end > len(data):
        raise BadSample(Reason.PICTURE_DAMAGED, detail=f"segment at byte {at}")
    body = data[at + 2 : end]
    if marker in _FRAMES:
        _frame(header, marker, body)
    elif marker == _DQT:
        _tables(header, body)
    elif marker == _COM or 0xE0 <= marker <= 0xEF:
        _metadata(header, marker, body)
    elif marker == _SOS:
        return _behind_scan(header, data, end)
    return end


def _frame(header: Header, marker: int, body: bytes) -> None:
    if marker not in {_BASELINE, _PROGRESSIVE} or body[0] != 8 or body[5] not in {1, 3} or header.width:
        raise BadSample(Reason.PICTURE_FORMAT, detail=f"frame type {marker:#x}")
    header.height, header.width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in (header.width, header.height)):
        raise BadSample(Reason.PICTURE_SIZE, detail=f"{header.width}×{header.height}")


def _tables(header: Header, body: bytes) -> None:
    while body:
        wide, number = body[0] >> 4, body[0] & 15
        size = 128 if wide else 64
        values = body[1 : 1 + size]
        if len(values) < size:
            raise BadSample(Reason.PICTURE_DAMAGED, detail="quantisation table")
        step = 2 if wide else 1
        header.tables[number] = tuple(
            int.from_bytes(values[i : i + step], "big") for i in range(0, size, step)
        )
        body = body[1 + size :]


def _metadata(header: Header, marker: int, body: bytes) -> None:
    header.metadata += len(body)
    if header.metadata > MOST_METADATA:
        raise BadSample(Reason.PICTURE_FORMAT, detail="too much metadata")
    if marker == _COM:
        header.comments.append(body)


def _behind_scan(header: Header, data: bytes, at: int) -> int:
    header.scans += 1
    # A progressive file has some ten scans; thousands of tiny ones cost minutes to decode.
    if header.scans > 40:
        raise BadSample(Reason.PICTURE_FORMAT, detail="too many scans")
    content = np.frombuffer(data, np.uint8, offset=at)
    escapes = np.flatnonzero(content[:-1] == 0xFF)
    ends = escapes[~_WITHIN_SCAN[content[escapes + 1]]]
    if not len(ends):
        raise BadSample(Reason.PICTURE_DAMAGED, detail="ends within its picture")
    return at + int(ends[0])
