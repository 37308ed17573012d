"""From one colour to those that pages need of it: readable on every ground of either theme (WCAG 2.2, 1.4.3).

A colour that is too faint is mixed with black for light pages, and with white for dark ones, just as far as
it takes. So any colour can be chosen, and none makes a page that somebody cannot read. The grounds are those
of static/css/visor.css (tests/unit/branding/test_accent.py compares them).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

READABLE: Final = 4.5
"""The least ratio of text to its ground (WCAG 2.2, success criterion 1.4.3)."""
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_STEPS: Final = 100


@dataclass(frozen=True)
class Theme:
    """The grounds that text stands on, the one that is tinted, and where colours are mixed towards."""

    grounds: tuple[str, ...]
    tinted: str
    towards: str
    dark_text: str = "#0a0d12"


LIGHT: Final = Theme(("#ffffff", "#f4f5f8", "#eceff4"), "#ffffff", "#000000")
DARK: Final = Theme(("#0d1117", "#161b23", "#1c222c", "#0a0d12"), "#161b23", "#ffffff")


@dataclass(frozen=True)
class Shades:
    """What pages of a theme are given: accent, a stronger one, a tinted ground, text upon the accent."""

    accent: str
    strong: str
    soft: str
    upon: str


def is_colour(text: str) -> bool:
    """Whether a text is a colour as it is kept: # and six small hexadecimal digits."""
    return _COLOUR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours' contrast, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def least_contrast(colour: str, theme: Theme) -> float:
    """Return the ratio of a colour to the ground of a theme on which it is the faintest."""
    return min(contrast(colour, ground) for ground in theme.grounds)


def shades(colour: str, theme: Theme) -> Shades:
    """Return what pages of a theme are given for a chosen colour."""
    readable = _readable(colour, theme, theme.grounds)
    soft = _mixed(theme.tinted, readable, 0.12)
    accent = _readable(readable, theme, (*theme.grounds, soft))
    strong = _mixed(accent, theme.towards, 0.25)
    upon = max(("#ffffff", theme.dark_text), key=lambda text: contrast(text, accent))
    return Shades(accent, strong, soft, upon)


def _readable(colour: str, theme: Theme, grounds: Iterable[str]) -> str:
    steps = (_mixed(colour, theme.towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(each for each in steps if min(contrast(each, ground) for ground in grounds) >= READABLE)


def _mixed(colour: str, other: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
