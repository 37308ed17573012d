"""The program that reads a stranger's picture and draws it anew: from standard input to standard output.

It is started by itself (logo.py), without any secret of the process that asks, and imports nothing of the
product. What it gives is a PNG of its own making: whatever else the file held is not in it. It ends with 2
for what is no picture of the three kinds, and with 3 for one of too many points.
"""

import io
import resource
import sys

from PIL import Image, ImageOps

KINDS = ("PNG", "JPEG", "WEBP")
LARGEST = (480, 160)
MOST_POINTS = 16_000_000
NO_PICTURE, TOO_LARGE = 2, 3
_MEMORY = 1024 * 1024 * 1024
_SECONDS = 10


def main() -> int:
    """Read a picture, and write it as a PNG that fits into LARGEST."""
    _confine()
    Image.MAX_IMAGE_PIXELS = None  # counted below, before a point is read
    try:
        picture = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=KINDS)
        if picture.width * picture.height > MOST_POINTS:
            return TOO_LARGE
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception:  # noqa: BLE001 - a hostile file may raise anything, and says nothing to us
        return NO_PICTURE
    upright.thumbnail(LARGEST)
    # A new canvas: no comment, profile or text of the file comes along.
    drawn = Image.new("RGBA", upright.size)
    drawn.paste(upright)
    drawn.save(sys.stdout.buffer, "PNG", optimize=True)
    return 0


def _confine() -> None:
    """Have bounds of memory and time, and no file to write."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
