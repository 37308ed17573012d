"""The whole journey in Chromium: a link, notice, consent, passkey, camera, and a partner site."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.browser.visitor import Visitor
from tests.campaign import sampled

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos")]
# Upright, the head fills nearly the whole of what the oval shows (C01).
CAMERAS = {"desk": "640, height: 480, zoom: 1", "upright phone": "480, height: 640, zoom: 1.4"}


@pytest.mark.requirement("S10-01", "S10-07", "S6.2-01", "S9.5-03", "S9.3-06")
@pytest.mark.parametrize("looks", sampled(CAMERAS, "upright phone"))
def test_a_person_enrols_from_a_link_and_signs_in_at_the_partner_site(
    stack: Stack, page: Page, photos: Path, looks: str
) -> None:
    page.add_init_script(f"window.cameraLooks = {{ width: {looks} }}")
    album = photos / "obama"
    visitor = Visitor(page, photographs.read(album / "01.jpg"))

    page.goto(stack.new_link("Grace Example"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Grace Example")
    expect(page.get_by_text("Where it is compared")).to_be_visible()
    page.get_by_role("button", name="I agree: use my face").click()
    visitor.taps("passkey")
    visitor.sees("prepare")
    visitor.shows_their_face()
    page.wait_for_url("**/enrol/finish/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    visitor.look = photographs.read(album / "03.jpg")
    claims = visitor.signs_in_with_the_face_at(stack.partner_url)
    assert claims["acr"] == "urn:visor:L2"
    assert claims["amr"] == ["face", "swk", "user", "mfa"]
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert visitor.violations == []
