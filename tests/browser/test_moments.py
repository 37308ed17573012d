"""In Chromium: a second moment right after enrolment, and the way past it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos")]
ONCE_MORE = "Once more, with other light or another place"


def enrols(stack: Stack, page: Page, photos: Path, name: str) -> Visitor:
    """Follow a link up to its last page."""
    visitor = Visitor(page, photographs.read(photos / "obama" / "01.jpg"))
    page.goto(stack.new_link(name))
    page.get_by_role("button", name="I agree: use my face").click()
    visitor.taps("passkey")
    visitor.sees("prepare")
    visitor.shows_their_face()
    page.wait_for_url("**/enrol/finish/**")
    expect(page.get_by_role("heading", name=ONCE_MORE)).to_be_visible()
    return visitor


@pytest.mark.requirement("S5.2-05", "S9.2-15")
@pytest.mark.whole
def test_a_person_shows_their_face_once_more_and_is_told_that_it_counts(
    stack: Stack, page: Page, photos: Path
) -> None:
    visitor = enrols(stack, page, photos, "Grace Twice")
    visitor.look = photographs.read(photos / "obama" / "03.jpg")
    page.locator("#once-more").click()
    visitor.sees("welcome")
    visitor.taps("passkey")
    visitor.sees("prepare")
    expect(page.get_by_role("button", name="Continue without my face")).to_have_count(0)
    visitor.shows_their_face()
    page.wait_for_url("**/moments/finish/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your face is renewed")
    expect(page.get_by_role("heading", name=ONCE_MORE)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your face is renewed")
    page.locator("#later").click()
    page.get_by_role("button", name="Use my passkey").click()
    visitor.taps("passkey")
    expect(page.locator("#face time")).to_have_count(4)  # made, last used, and two moments
    assert "face" in visitor.signs_in_with_the_face_at(stack.partner_url)["amr"]
    assert visitor.violations == []


def test_a_person_skips_it_and_is_offered_it_on_their_own_page(
    stack: Stack, page: Page, photos: Path
) -> None:
    visitor = enrols(stack, page, photos, "Grace Once")
    page.locator("#later").click()
    page.get_by_role("button", name="Use my passkey").click()
    visitor.taps("passkey")
    page.get_by_role("link", name="Renew my face").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ONCE_MORE)
    page.get_by_role("button", name="Go on").click()
    visitor.sees("welcome")
    visitor.taps("leave")
    expect(page.get_by_role("heading", level=1)).to_have_text("You stopped here")
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ONCE_MORE)
    assert visitor.violations == []
