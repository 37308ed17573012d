"""What every page must show on a phone and on a desk, light and dark; looks.js measures it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.browser.axe import violations

_LOOKS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SIZES = ((360, 740), (1280, 800))
# A desk of 1280 pixels at 400 % (WCAG 2.2, 1.4.10).
NARROW = 320
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Look = tuple[tuple[int, int], Scheme]
# A phone, a tablet and a desk.
EVERY_LOOK: tuple[Look, ...] = tuple(
    (size, scheme) for size in (SIZES[0], (768, 1024), SIZES[1]) for scheme in SCHEMES
)
# Names, addresses and ids may be longer than a column; a word that is shorter is never cut.
LONG_WORD = 20
_CELLS = json.dumps(".table td, .table tbody th")
FOCUS = """() => {
  const { activeElement: item } = document;
  return { html: item.outerHTML, outline: getComputedStyle(item).outlineStyle };
}"""


def every_look(page: Page) -> Iterator[str]:
    """Show the page in each size and colour scheme in turn, without motion; give the look's name."""
    for size in SIZES:
        for scheme in SCHEMES:
            yield show(page, size, scheme)


def show(page: Page, size: tuple[int, int], scheme: Scheme) -> str:
    """Show the page in one size and colour scheme, without motion; return the look's name."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    return f"{size[0]} {scheme}"


def assert_looks_right(page: Page, name: str) -> None:
    """Fail where something sticks out, has no name, is too faint to read, or a label is cut in a word."""
    found = {
        look: problems for look in every_look(page) if (problems := page.evaluate(f"{_LOOKS}.problems()"))
    }
    assert found == {}, f"{name}: {found}"


def assert_each_looks_right(page: Page, names: Sequence[str], put_up: str) -> None:
    """Fail like assert_looks_right, for each state of one page; `put_up` is a script that shows one."""
    found: dict[str, object] = {}
    for look in every_look(page):
        for name in names:
            page.evaluate(put_up, name)
            if problems := page.evaluate(f"{_LOOKS}.problems()"):
                found[f"{name} {look}"] = problems
    assert not found, found


def problems_of(page: Page, looks: Sequence[Look] = (EVERY_LOOK[0], EVERY_LOOK[-1])) -> dict[str, object]:
    """Return what looks.js and axe find in each look, words that tables cut, and what a narrow page cuts."""
    found: dict[str, object] = {}
    for size, scheme in looks:
        look = show(page, size, scheme)
        seen, broken = page.evaluate(f"{_LOOKS}.problems()"), violations(page)
        cut = [word for word in page.evaluate(f"{_LOOKS}.broken({_CELLS})") if len(word) < LONG_WORD]
        found |= {look: [seen, broken, cut]} if seen or broken or cut else {}
    page.set_viewport_size({"width": NARROW, "height": SIZES[0][1]})
    if cut := page.evaluate(f"{_LOOKS}.cutOff()"):
        found[str(NARROW)] = cut
    return found


def words_cut(page: Page, within: str) -> list[str]:
    """The words that a line break cuts, inside the elements of this selector, on a phone."""
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    cut: list[str] = page.evaluate(f"{_LOOKS}.broken({json.dumps(within)})")
    return cut


def assert_nothing_is_cut_off(page: Page, width: int, name: str) -> None:
    """Fail where something sticks out of the page, or out of its card, at a width between phone and desk."""
    page.set_viewport_size({"width": width, "height": SIZES[1][1]})
    cut = page.evaluate(f"{_LOOKS}.cutOff()")
    assert not cut, f"{name} at {width}: {cut}"


def assert_tab_follows_the_page(page: Page, name: str) -> None:
    """Fail where the Tab key does not reach each control in the order of the page, visibly."""
    expected = page.evaluate(f"{_LOOKS}.controls().map((item) => item.outerHTML)")
    page.evaluate(f"{_LOOKS}.controls()[0].focus()")
    for html in expected[1:]:
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["html"] == html, f"{name}: {focus['html']} before {html}"
        assert focus["outline"] != "none", f"{name}: no focus is seen on {html}"
