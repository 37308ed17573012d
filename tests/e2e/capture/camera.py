"""Videos for Chromium's fake camera: an mjpeg file is plain JPEG files one after another, and loops."""

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
