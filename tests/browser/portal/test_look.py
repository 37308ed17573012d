"""Every screen on a phone and on a desk, light and dark: nothing sticks out, all can be read and reached."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from authsvc.audit.tags import Tag
from devtools.phone.phone import Person
from devtools.stack.stack import Stack
from tests.browser.looks import (
    assert_looks_right,
    assert_nothing_is_cut_off,
    assert_tab_follows_the_page,
    words_cut,
)
from tests.browser.portal.conftest import Administrator
from tests.campaign import sampled

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
SCREENS = (
    "",
    "relying-parties/",
    "relying-parties/new/",
    "provider/",
    "provider/address/",
    "provider/options/",
    "provider/statements/new/",
    "provider/tokens/",
    "provider/tokens/new/",
    "provider/keys/",
    "people/",
    "people/new/",
    "people/import/",
    "attempts/",
    "policies/",
    "evidence/",
    "audit/",
    "settings/",
    "settings/organisation/",
    "settings/look/",
    "audit/checks/",
    "audit/export/",
    "team/roles/",
)


# `make test` has each page looked at once, by tests/journeys/test_dead_ends.py.
LANGUAGES = {language: language for language in ("de", "en", "fr")}


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


@pytest.mark.parametrize("language", sampled(LANGUAGES))
def test_every_screen_looks_right(admin: Administrator, person: Person, language: str) -> None:
    admin.page.set_extra_http_headers({"accept-language": language})
    for screen in SCREENS:
        assert_looks_right(admin.open(screen), screen)
    for page in first_rows(admin):
        assert_looks_right(page, page.url)


def first_rows(admin: Administrator) -> Iterator[Page]:
    """Open the screen of the first row of each table that leads on."""
    for screen in ("relying-parties/", "people/", "attempts/"):
        page = admin.open(screen)
        page.locator("tbody a").first.click()
        page.wait_for_url(f"**/{screen}*/")
        yield page


# Just where a table unfolds, and just where the screens' list stands beside it.
@pytest.mark.parametrize("width", sampled({"unfolding": 820, "side by side": 900}, "unfolding"))
def test_between_phone_and_desk_nothing_is_cut_off(
    admin: Administrator, stack: Stack, person: Person, width: int
) -> None:
    stack.python(
        "from authsvc.keys.signing import ensure_keys\n"
        "from authsvc.oidc.registration.access import issue_initial_token\n"
        "ensure_keys()\n"
        "issue_initial_token(note='Harbour Credit Union, for its new mobile application')"
    )
    for screen in SCREENS:
        assert_nothing_is_cut_off(admin.open(screen), width, screen)
    for page in first_rows(admin):
        assert_nothing_is_cut_off(page, width, page.url)


def test_a_phone_cuts_no_word_of_an_event(admin: Administrator, stack: Stack) -> None:
    stack.python(
        "from authsvc.audit.services import record\n"
        "from authsvc.audit.tags import Tag\n"
        "record(Tag.BACKCHANNEL_NOTIFIED)"
    )
    page = admin.open("audit/")
    page.get_by_role("link", name=str(Tag.BACKCHANNEL_NOTIFIED.words)).first.click()
    expect(page.get_by_text(Tag.BACKCHANNEL_NOTIFIED)).to_be_visible()
    assert words_cut(page, "dd") == []


def test_the_tab_key_follows_a_form(admin: Administrator) -> None:
    assert_tab_follows_the_page(admin.open("people/new/"), "people/new/")


def test_sign_in_and_errors_look_right(stack: Stack, page: Page) -> None:
    page.goto(f"{stack.base_url}/portal/")
    assert_looks_right(page, "sign-in")
    assert_tab_follows_the_page(page, "sign-in")
    page.goto(f"{stack.base_url}/nothing/")
    assert_looks_right(page, "not found")


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
    # The way to one's other organisations stays: the list of them, or the only one.
    expect(page.get_by_role("link", name="your organisations")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
