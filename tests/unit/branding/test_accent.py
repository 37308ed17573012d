"""Whatever colour is chosen, both themes stay readable (WCAG 2.2, 1.4.3)."""

import re
from itertools import product
from pathlib import Path

import pytest

from authsvc.branding.accent import DARK, LIGHT, READABLE, Theme, contrast, is_colour, least_contrast, shades

STYLES = Path(__file__).resolve().parents[3] / "static" / "css" / "visor.css"
CORNERS = ["#" + "".join(parts) for parts in product(("00", "80", "ff"), repeat=3)]


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#1a4fc2", "#1a4fc2") == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("colour", [*CORNERS, "#1a4fc2", "#92b6ff", "#ffe600", "#0a0d12"])
def test_every_colour_becomes_readable_everywhere(colour: str, theme: Theme) -> None:
    shown = shades(colour, theme)
    assert least_contrast(shown.accent, theme) >= READABLE
    assert least_contrast(shown.strong, theme) >= READABLE
    assert contrast(shown.accent, shown.soft) >= READABLE
    assert contrast(shown.strong, shown.soft) >= READABLE
    assert contrast(shown.upon, shown.accent) >= READABLE
    assert contrast(shown.upon, shown.strong) >= READABLE


def test_a_colour_that_is_readable_stays() -> None:
    assert shades("#1a4fc2", LIGHT).accent == "#1a4fc2"
    assert shades("#92b6ff", DARK).accent == "#92b6ff"


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    tokens = dict(
        re.findall(r"--color-(page|surface|raised|sunken): light-dark\((#\w+, #\w+)\)", STYLES.read_text())
    )
    pairs = [pair.split(", ") for pair in tokens.values()]
    assert len(pairs) == 4
    assert set(LIGHT.grounds) == {light for light, _ in pairs}
    assert set(DARK.grounds) == {dark for _, dark in pairs}


@pytest.mark.parametrize("text", ["", "red", "#fff", "#1A4FC2", "#1a4fc2;", "url(x)", "#1a4fcg", "#1a4fc2\n"])
def test_nothing_else_is_a_colour(text: str) -> None:
    assert not is_colour(text)
