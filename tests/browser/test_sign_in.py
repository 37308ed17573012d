"""The whole journey in Chromium: a link, notice, consent, passkey, camera, and a partner site."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from devtools.rendering import photographs
from devtools.rendering.mesh import Image
from devtools.rendering.render import render_burst
from devtools.stack.stack import Stack
from tests.browser.capture.person import AUTHENTICATOR

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos")]
CAMERA = Path(__file__).with_name("camera.js")
VIDEO_RATE = 15
TRIES = 3
VERDICT_MS = 60_000


class Visitor:
    """A person with a browser, a passkey in it, and a camera that sees them as their photographs do."""

    def __init__(self, page: Page, look: Sequence[Image]) -> None:
        self.page, self.look = page, look
        self._rng = np.random.default_rng()
        self.violations: list[str] = []
        page.on("console", self._listen)
        page.add_init_script(path=CAMERA)
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def _listen(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    def sees(self, screen: str) -> None:
        """Wait until a screen of the capture page is shown."""
        expect(self.page.locator(f'[data-screen="{screen}"]')).to_be_visible()

    def taps(self, act: str) -> None:
        self.page.locator(f'[data-act="{act}"]:visible').click()

    def shows_their_face(self) -> None:
        """Film until a verdict takes them off the page; who is turned back tries again, as people do."""
        for _ in range(TRIES):
            self._film()
            over = self.page.locator(
                'body:not([data-showing]), [data-screen="refused"], [data-screen="again"]'
            )
            expect(over.and_(self.page.locator(":visible")).first).to_be_visible(timeout=VERDICT_MS)
            if self.page.locator("body:not([data-showing])").count():
                return
        raise AssertionError(f"turned back {TRIES} times")

    def _film(self) -> None:
        if self.page.locator('[data-act="start-camera"]:visible').count() == 0:
            self.taps("prepare")
        with self.page.expect_response("**/challenge") as answer:
            self.taps("start-camera")
        challenge = answer.value.json()
        if challenge["warning"] == "light":
            self.taps("with-light")
        self.sees("live")
        self.page.evaluate("pictures => giveCamera(pictures)", self._pictures(challenge))
        self.taps("begin")

    def _pictures(self, challenge: dict[str, Any]) -> list[dict[str, Any]]:
        """Render the answer to a challenge as a video that begins with the first cue."""
        video = {**challenge, "frames": {"min": 10, "max": 400, "fps": VIDEO_RATE}}
        frames, _ = render_burst(self.look, video, self._rng)
        return [{"t": frame.t, "jpeg": base64.b64encode(frame.jpeg).decode()} for frame in frames]


# Upright, the head fills nearly the whole of what the oval shows (C01).
CAMERAS = {"desk": "640, height: 480, zoom: 1", "upright phone": "480, height: 640, zoom: 1.4"}


@pytest.mark.requirement("S10-01", "S10-07", "S6.2-01", "S9.5-03", "S9.3-06")
@pytest.mark.parametrize("looks", CAMERAS.values(), ids=CAMERAS)
def test_a_person_enrols_from_a_link_and_signs_in_at_the_partner_site(
    stack: Stack, page: Page, photos: Path, looks: str
) -> None:
    page.add_init_script(f"window.cameraLooks = {{ width: {looks} }}")
    album = photos / "obama"
    visitor = Visitor(page, photographs.read(album / "01.jpg", album / "02.jpg"))

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
    page.goto(stack.partner_url)
    page.get_by_role("link", name="Sign in").first.click()
    visitor.taps("passkey")
    visitor.sees("choice")
    visitor.taps("prepare")
    visitor.shows_their_face()
    page.wait_for_url(f"{stack.partner_url}/**")
    claims = page.request.get(f"{stack.partner_url}/whoami.json").json()
    assert claims["acr"] == "urn:visor:L2"
    assert claims["amr"] == ["face", "swk", "user", "mfa"]
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert visitor.violations == []
