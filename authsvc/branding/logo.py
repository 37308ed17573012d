"""A logo as it is taken in: a PNG, a JPEG or a WebP, drawn anew by a program of its own (redraw.py)."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.core.texts import Text

LARGEST: Final = 150_000
"""Bytes of a file that is taken; as base64 it fits a form (config/bodies.py)."""
_PROGRAM: Final = Path(__file__).with_name("redraw.py")
_SECONDS: Final = 20
_TOO_MANY_POINTS: Final = 3


class LogoRefused(Refused):
    """What was given is no picture that can be a logo."""

    def __init__(self, text: Text, *, detail: str) -> None:
        super().__init__("logo-refused", text, detail=detail, status=422)


def redrawn(given: bytes) -> bytes:
    """Return the picture as a PNG of our own; raises LogoRefused."""
    if len(given) > LARGEST:
        raise LogoRefused(_("The picture is too large: 150 kB at most."), detail=f"{len(given)} bytes")
    if _is_drawing(given):
        text = _("An SVG can hold a script, so it is not taken. Save the logo as a PNG.")
        raise LogoRefused(text, detail="SVG")
    done = _run(given)
    if done.returncode == _TOO_MANY_POINTS:
        raise LogoRefused(_("The picture has too many points: make it smaller."), detail="points")
    if done.returncode or not done.stdout:
        text = _("This is no PNG, JPEG or WebP picture, or it is broken.")
        raise LogoRefused(text, detail=f"ended with {done.returncode}")
    return done.stdout


def _run(given: bytes) -> subprocess.CompletedProcess[bytes]:
    # -I and no environment: neither says what it imports, and nothing secret of this process is there.
    program = [sys.executable, "-I", str(_PROGRAM)]
    try:
        return subprocess.run(
            program, input=given, capture_output=True, env={}, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(program, returncode=1, stdout=b"")


def _is_drawing(given: bytes) -> bool:
    """Whether it is text with an SVG in it: to say so, as nothing that is text is drawn anyhow."""
    return b"<svg" in given[:4096].lower() and not given.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF"))
