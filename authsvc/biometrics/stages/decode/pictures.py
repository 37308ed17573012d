"""JPEG files to upright RGB pixels, in a confined process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from authsvc.biometrics.decoder.confinement import Confinement, LimitReached
from authsvc.biometrics.pixels import PLAIN, SOUND
from authsvc.biometrics.types import BadSample, Image, Reason

from .jpeg import Header, read_header

DECODER: Final = Confinement("authsvc.biometrics.pixels")


def decode_pictures(jpegs: Sequence[bytes], headers: Sequence[Header]) -> tuple[Image, ...]:
    """Return the RGB pixels of files whose headers were read, each turned upright by its EXIF orientation.

    Raises BadSample where the decoder finds other sides than the header (two parsers that disagree are a
    sign of a crafted file), a file is damaged, or decoding meets a limit.
    """
    starts = np.cumsum([0, *(header.width * header.height * 3 for header in headers)])
    order = [(len(jpeg), header.width, header.height) for jpeg, header in zip(jpegs, headers, strict=True)]
    try:
        word, written = DECODER.run(json.dumps(order), b"".join(jpegs), room=int(starts[-1]))
    except LimitReached:
        raise BadSample(Reason.DECODE_LIMIT) from None
    if not word.startswith(SOUND) or len(word) != len(SOUND) + len(headers):
        raise BadSample(Reason.PICTURE_DAMAGED)
    pixels = np.frombuffer(written, np.uint8)
    return tuple(
        pixels[start:end].reshape(*_shape(header, upright=flag == "1"), 3)
        for header, (start, end), flag in zip(headers, pairwise(starts), word[len(SOUND) :], strict=True)
    )


def check_decoder() -> None:
    """Decode a plain picture of our own; raises BadSample where that fails, as every sample then would."""
    decode_pictures([PLAIN], [read_header(PLAIN)])


def _shape(header: Header, *, upright: bool) -> tuple[int, int]:
    return (header.height, header.width) if upright else (header.width, header.height)
