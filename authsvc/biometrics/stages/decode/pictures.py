"""JPEG files to upright RGB pixels, in a confined process."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import TiffImagePlugin

from authsvc.biometrics.limits import Confinement, LimitReached, Write
from authsvc.biometrics.types import BadSample, Image, Reason

from .jpeg import MOST_SIDE, Header

_SOUND = "sound"

# A confined process can open no file, so what Pillow would import for JPEG and EXIF must be there before.
Pillow.preinit()
_EXIF_READER: Final = TiffImagePlugin


def decode_pictures(jpegs: Sequence[bytes], headers: Sequence[Header]) -> tuple[Image, ...]:
    """Return the RGB pixels of files whose headers were read, each turned upright by its EXIF orientation.

    Raises BadSample where Pillow and the header disagree, a file is damaged, or decoding meets a limit.
    """
    starts = np.cumsum([0, *(header.width * header.height * 3 for header in headers)])
    order = [(len(jpeg), header.width, header.height) for jpeg, header in zip(jpegs, headers, strict=True)]
    try:
        word, written = DECODER.run(json.dumps(order), b"".join(jpegs), room=int(starts[-1]))
    except LimitReached:
        raise BadSample(Reason.DECODE_LIMIT) from None
    if not word.startswith(_SOUND):
        raise BadSample(Reason(word))
    pixels = np.frombuffer(written, np.uint8)
    return tuple(
        pixels[start:end].reshape(*_shape(header, upright=flag == "1"), 3)
        for header, (start, end), flag in zip(headers, pairwise(starts), word[len(_SOUND) :], strict=True)
    )


def _shape(header: Header, *, upright: bool) -> tuple[int, int]:
    return (header.height, header.width) if upright else (header.width, header.height)


def _decode(order: str, jpegs: bytes, write: Write) -> str:
    """Decode files that lie end to end, and write their pixels; the word says how each picture lies."""
    at = 0
    turned = []
    for length, width, height in json.loads(order):
        jpeg = jpegs[at : at + length]
        _check(jpeg, width, height)
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        if image is None or image.size != width * height * 3:
            return str(Reason.PICTURE_DAMAGED)
        write(image.reshape(-1).data)
        turned.append("1" if image.shape[0] == height else "0")
        at += length
    return _SOUND + "".join(turned)


def _warm() -> None:
    """Decode a plain picture: what libraries set up at first use, and a picture's memory."""
    _decode(json.dumps([(len(_PLAIN), 640, 480)]), _PLAIN, lambda pixels: None)


def _check(jpeg: bytes, width: int, height: int) -> None:
    """Let Pillow read the header too: two parsers that disagree are a sign of a crafted file."""
    Pillow.MAX_IMAGE_PIXELS = MOST_SIDE * MOST_SIDE
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        with Pillow.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if picture.size != (width, height) or picture.mode not in {"RGB", "L"}:
                raise ValueError("parsers disagree")


_PLAIN: Final = cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1].tobytes()
DECODER: Final = Confinement(_decode, _warm)
"""To be started before a worker loads its models."""
