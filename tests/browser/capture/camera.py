"""Videos for Chromium's fake camera: an mjpeg file is plain JPEG files one after another, and loops."""

import base64
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (640, 480)


def arguments(video: Path) -> list[str]:
    """Return the launch arguments that make the video the machine's one camera."""
    return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}"]


def write_video(path: Path, frames: Iterable[bytes]) -> Path:
    """Write JPEG frames as a video."""
    path.write_bytes(b"".join(frames))
    return path


def still_video(path: Path) -> Path:
    """Write a video of one textured picture: bright enough and sharp enough for the page's hints."""
    random = np.random.default_rng(7)
    picture = random.integers(90, 170, (*SIZE[::-1], 3), dtype=np.uint8)
    return write_video(path, [_jpeg(Image.fromarray(picture))] * 4)


def plain(level: int) -> bytes:
    """Return a JPEG of one grey, 0 to 255."""
    return _jpeg(Image.new("RGB", SIZE, (level, level, level)))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()


def placed(width: int, height: int) -> bytes:
    """Return a JPEG in which each place has a colour of its own: red tells x, green tells y."""
    across = np.broadcast_to(np.linspace(0, 255, width)[None, :], (height, width))
    down = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return _jpeg(Image.fromarray(np.dstack([across, down, np.full_like(across, 128)]).astype(np.uint8)))


def place_of(jpeg: bytes) -> tuple[float, float, float, float]:
    """Return which part of a `placed` picture another one shows: left, top, right, bottom, from 0 to 1.

    Read near the middles of the sides, where a codec blurs nothing.
    """
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), float) / 255
    red, green = pixels[..., 0].mean(axis=0), pixels[..., 1].mean(axis=1)
    left, right = _ends(red)
    top, bottom = _ends(green)
    return left, top, right, bottom


def _ends(ramp: np.ndarray) -> tuple[float, float]:
    """Return where a straight ramp begins and ends, from its middle part."""
    at = np.arange(len(ramp))
    middle = slice(len(ramp) // 10, -(len(ramp) // 10))
    slope, start = np.polyfit(at[middle] + 0.5, ramp[middle], 1)
    return float(start), float(start + slope * len(ramp))


def as_text(jpeg: bytes) -> str:
    """Return a file as base64, in which it reaches a page."""
    return base64.b64encode(jpeg).decode()


def mirrored(picture: bytes) -> bytes:
    """Return a picture with left and right exchanged, as PNG."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(
        buffer, format="PNG"
    )
    return buffer.getvalue()


def differences(one: bytes, other: bytes) -> float:
    """Return the largest difference of two pictures along their middle lines, where an oval hides nothing.

    From 0 to 1; the ends of the lines are left out.
    """
    lines = [_middle_lines(Image.open(io.BytesIO(picture)).convert("RGB")) for picture in (one, other)]
    return float(np.abs(lines[0] - lines[1]).max())


def _middle_lines(picture: Image.Image) -> np.ndarray:
    pixels = np.asarray(picture.resize((60, 80)), float)[..., :2] / 255
    return np.concatenate([pixels[40, 3:-3], pixels[4:-4, 30]])
