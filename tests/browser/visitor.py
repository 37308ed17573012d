"""A person with a browser, a passkey in it, and a camera that sees them as their photographs do."""

import base64
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import ConsoleMessage, Frame, Page, Route, expect
from playwright.sync_api import TimeoutError as TookTooLong

from devtools.rendering.mesh import Image
from devtools.rendering.render import render_burst
from tests.browser.capture.person import AUTHENTICATOR, TRACKER

CAMERA = Path(__file__).with_name("camera.js")
VIDEO_RATE = 15
TRIES = 3
VERDICT_MS = 60_000
PATIENCE_MS = 2_000
NEUTRAL = {"steps": [{"cue": "centre", "ms": 400}]}
"""What the camera sees before the first cue."""


class Visitor:
    """A person with a browser, a passkey in it, and a camera that sees them as their photographs do.

    `view` is where the capture page is: the whole page, or a frame within another site's.
    """

    def __init__(self, page: Page, look: Sequence[Image]) -> None:
        self.page, self.look = page, look
        self.view: Page | Frame = page
        self._rng = np.random.default_rng()
        self.violations: list[str] = []
        page.on("console", self._listen)
        page.add_init_script(path=CAMERA)
        # The film knows how long a cue may last, and not when the page sees it followed.
        page.context.route(TRACKER, lambda route: route.abort())
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable")
        self._authenticators: list[str] = []
        self.takes_up("internal")

    def _listen(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    def takes_up(self, transport: str) -> None:
        """Take up another authenticator; those from before lie untouched."""
        for before in self._authenticators:
            silent = {"authenticatorId": before, "enabled": False}
            self._devtools.send("WebAuthn.setAutomaticPresenceSimulation", silent)
        options = {**AUTHENTICATOR, "transport": transport}
        added = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._authenticators.append(added["authenticatorId"])

    def sees(self, screen: str) -> None:
        """Wait until a screen of the capture page is shown."""
        expect(self.view.locator(f'[data-screen="{screen}"]')).to_be_visible()

    def taps(self, act: str) -> None:
        """Tap the one button of an act, as soon as the page's styles have hidden those of other screens."""
        button = self.view.locator(f'[data-act="{act}"]:visible')
        expect(button).to_have_count(1)
        button.click()

    def signs_in_with_the_face_at(self, partner: str) -> dict[str, Any]:
        """Sign in at the partner site, and return the claims that it got."""
        self.page.goto(partner)
        self.page.get_by_role("link", name="Sign in").first.click()
        self.taps("passkey")
        self.sees("choice")
        self.taps("prepare")
        self.sees("prepare")
        self.shows_their_face()
        self.page.wait_for_url(f"{partner}/**")
        claims: dict[str, Any] = self.page.request.get(f"{partner}/whoami.json").json()
        return claims

    def shows_their_face(self) -> None:
        """Film until a verdict takes them off the page; who is turned back tries again, as people do."""
        said: list[str] = []
        for _ in range(TRIES):
            self.films()
            over = self.page.locator(
                'body:not([data-showing]), [data-screen="refused"], [data-screen="again"]'
            )
            expect(over.and_(self.page.locator(":visible")).first).to_be_visible(timeout=VERDICT_MS)
            if self.page.locator("body:not([data-showing])").count():
                return
            said.append(self.page.locator("[data-screen]:visible").inner_text())
        raise AssertionError(f"turned back {TRIES} times: {said}")

    def films(self) -> None:
        """Start the camera, and do what the page asks."""
        if self.view.locator('[data-act="start-camera"]:visible').count() == 0:
            self.taps("prepare")
        self.view.evaluate("pictures => giveCamera(pictures)", self._pictures(NEUTRAL))
        self.page.unroute("**/challenge")
        self.page.route("**/challenge", self._answer)
        self.taps("start-camera")
        self.sees("live")
        # The page begins by itself where the face is in place before anybody has tapped.
        with suppress(TookTooLong):
            self.view.locator('[data-act="begin"]:visible').click(timeout=PATIENCE_MS)

    def _answer(self, route: Route) -> None:
        """Hold back what the page asks for until the camera is ready to show the answer to it."""
        response = route.fetch()
        challenge = response.json()
        if response.ok:
            self.view.evaluate("pictures => giveCamera(pictures)", self._pictures(challenge))
        route.fulfill(response=response)

    def _pictures(self, challenge: dict[str, Any]) -> list[dict[str, Any]]:
        """Render the answer to a challenge as a video that begins with the first cue.

        Each step lasts as long as it may: the page waits where it sees nothing of the head.
        """
        steps = [{**step, "least": step["ms"]} for step in challenge["steps"]]
        video = {**challenge, "steps": steps, "frames": {"min": 10, "max": 400, "fps": VIDEO_RATE}}
        frames, _ = render_burst(self.look[0], video, self._rng, whole=True)
        return [{"t": frame.t, "jpeg": base64.b64encode(frame.jpeg).decode()} for frame in frames]
