"""Every screen on a phone and on a desk, light and dark: nothing sticks out, everything has a name."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
SCREENS = ("", "relying-parties/", "relying-parties/new/", "people/", "people/new/", "attempts/", "audit/")
NAMELESS = """
() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")]
  .filter((item) => item.checkVisibility())
  .filter((item) => !(item.labels?.length || item.innerText.trim() || item.getAttribute("aria-label")
    || item.querySelector("[aria-label]")))
  .map((item) => item.outerHTML)
"""


def contrast(page: Page) -> float:
    """Contrast of the body's text on its ground, as WCAG 2.2 defines it."""
    colours = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body.parentNode).backgroundColor]"
    )
    lights = sorted(luminance(colour) for colour in colours)
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_and_every_control_has_a_name(admin: Administrator, width: int) -> None:
    admin.page.set_viewport_size({"width": width, "height": 800})
    for screen in SCREENS:
        page = admin.open(screen)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, screen
        assert page.evaluate(NAMELESS) == [], screen


def test_light_and_dark_follow_the_device_until_one_is_chosen(admin: Administrator) -> None:
    page = admin.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert contrast(page) > 12
    page.get_by_role("button", name="your account").click()
    page.get_by_role("button", name="Light", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert luminance(ground) > 0.8


def test_a_phone_opens_the_screens_from_the_menu(admin: Administrator) -> None:
    page = admin.page
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_role("link", name="Audit log")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
