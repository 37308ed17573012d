"""JPEG files to upright RGB pixels, in a confined child process."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image as Pillow

from authsvc.biometrics.limits import LimitReached, run_confined
from authsvc.biometrics.types import BadSample, Image, Reason

from .jpeg import MOST_SIDE, Header

_SOUND = "sound"

# The confined child can open no file, so it could not import Pillow's JPEG reader any more.
Pillow.preinit()


def decode_pictures(jpegs: Sequence[bytes], headers: Sequence[Header]) -> tuple[Image, ...]:
    """Return the RGB pixels of files whose headers were read, each turned upright by its EXIF orientation.

    Raises BadSample where Pillow and the header disagree, a file is damaged, or decoding meets a limit.
    """
    sizes = [header.width * header.height * 3 for header in headers]
    starts = np.cumsum([0, *sizes])

    def work(memory: memoryview) -> str:
        turned = []
        for jpeg, header, start, size in zip(jpegs, headers, starts, sizes, strict=False):
            _check(jpeg, header)
            image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
            if image is None or image.size != size:
                return str(Reason.PICTURE_DAMAGED)
            memory[start : start + size] = image.reshape(-1).data
            turned.append("1" if image.shape[0] == header.height else "0")
        return _SOUND + "".join(turned)

    try:
        word, shared = run_confined(work, shared_bytes=int(starts[-1]))
    except LimitReached:
        raise BadSample(Reason.DECODE_LIMIT) from None
    if not word.startswith(_SOUND):
        raise BadSample(Reason(word))
    pixels = np.frombuffer(shared, np.uint8)
    return tuple(
        pixels[start : start + size].reshape(*_shape(header, upright=flag == "1"), 3)
        for header, start, size, flag in zip(headers, starts, sizes, word[len(_SOUND) :], strict=False)
    )


def _shape(header: Header, *, upright: bool) -> tuple[int, int]:
    return (header.height, header.width) if upright else (header.width, header.height)


def _check(jpeg: bytes, header: Header) -> None:
    """Let Pillow read the header too: two parsers that disagree are a sign of a crafted file."""
    Pillow.MAX_IMAGE_PIXELS = MOST_SIDE * MOST_SIDE
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        with Pillow.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if picture.size != (header.width, header.height) or picture.mode not in {"RGB", "L"}:
                raise ValueError("parsers disagree")
