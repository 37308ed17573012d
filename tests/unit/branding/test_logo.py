"""A logo is drawn anew: nothing of a hostile file is kept, and what is no picture is said to be none."""

import io

import pytest
from PIL import Image, PngImagePlugin

from authsvc.branding.logo import LARGEST, LogoRefused, redrawn

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind: str, size: tuple[int, int] = (600, 90), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#aa3300").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_kinds_become_a_png_that_fits(kind: str) -> None:
    drawn = Image.open(io.BytesIO(redrawn(picture(kind))))
    assert (drawn.format, drawn.size) == ("PNG", (480, 72))


def test_nothing_else_of_the_file_is_kept() -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", "<script>alert(1)</script>")
    drawn = redrawn(picture("PNG", pnginfo=said) + b"<script>trailing</script>")
    assert b"script" not in drawn
    assert b"Comment" not in drawn


@pytest.mark.parametrize("hostile", [SVG, b"\xef\xbb\xbf" + SVG, b"<!DOCTYPE svg>" + SVG.upper()])
def test_an_svg_is_refused_by_its_name(hostile: bytes) -> None:
    with pytest.raises(LogoRefused, match="SVG"):
        redrawn(hostile)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + SVG,
        picture("PNG")[:60],
        picture("GIF"),
        picture("BMP", (20, 20)),
    ],
    ids=["nothing", "beginning", "svg in disguise", "cut", "gif", "bmp"],
)
def test_what_is_no_picture_is_refused(hostile: bytes) -> None:
    with pytest.raises(LogoRefused, match="ended with 2"):
        redrawn(hostile)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = picture("PNG", (20_000, 20_000))
    if len(bomb) > LARGEST:  # its points alone are too many
        bomb = picture("PNG", (6_000, 6_000))
    assert len(bomb) <= LARGEST
    with pytest.raises(LogoRefused, match="points"):
        redrawn(bomb)


def test_a_large_file_is_not_looked_at() -> None:
    with pytest.raises(LogoRefused, match="bytes"):
        redrawn(b"\x89PNG" + bytes(LARGEST))
