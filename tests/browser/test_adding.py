"""A second passkey in Chromium, from the own page and with the face; then the face by the second alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos")]


@pytest.mark.requirement("S9.5-03")
@pytest.mark.whole
def test_t19_a_second_passkey_is_added_with_the_face_and_opens_it(
    stack: Stack, page: Page, photos: Path
) -> None:
    page.add_init_script("window.cameraLooks = { width: 640, height: 480, zoom: 1 }")
    album = photos / "obama"
    visitor = Visitor(page, photographs.read(album / "01.jpg"))
    page.goto(stack.new_link("Grace Example"))
    page.get_by_role("button", name="I agree: use my face").click()
    visitor.taps("passkey")
    visitor.sees("prepare")
    visitor.shows_their_face()
    page.wait_for_url("**/enrol/finish/**")
    expect(page.locator("#recovery-codes")).to_be_visible()

    visitor.look = photographs.read(album / "03.jpg")
    page.get_by_role("link", name="Your passkeys and face").click()
    page.get_by_role("button", name="Use my passkey").click()
    visitor.taps("passkey")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    visitor.taps("passkey")
    visitor.sees("create")
    visitor.takes_up("usb")
    visitor.taps("passkey")
    visitor.sees("prepare")
    visitor.shows_their_face()
    page.wait_for_url("**/passkeys/finish/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second passkey works")

    claims = visitor.signs_in_with_the_face_at(stack.partner_url)
    assert claims["amr"] == ["face", "swk", "user", "mfa"]
    assert visitor.violations == []
