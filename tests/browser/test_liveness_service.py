"""Liveness as a service in Chromium: a partner's page, its server, and our camera's page within it.

The partner's site is another origin, and another site, than the service.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, Response, expect

from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.browser.visitor import TRIES, VERDICT_MS, Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos")]
TURNED_BACK = ':is([data-screen="refused"], [data-screen="again"]):visible'


def frame_in(page: Page) -> Frame:
    """The camera's page, once it is within the partner's."""
    frame = page.wait_for_selector("iframe").content_frame()
    assert frame is not None
    return frame


def shows_themselves(visitor: Visitor, page: Page) -> None:
    """Film until the partner's page says that somebody is there; who is turned back tries again."""
    there = page.get_by_role("heading", name="Somebody is there")
    for _ in range(TRIES):
        visitor.films()
        for _ in range(VERDICT_MS // 250):
            if there.is_visible():
                return
            if page.frame_locator("iframe").locator(TURNED_BACK).count():
                break
            page.wait_for_timeout(250)
    expect(there).to_be_visible()


@pytest.mark.requirement("S6.3-04", "S9.5-03")
def test_a_site_on_another_origin_learns_that_somebody_is_there_and_no_more(
    stack: Stack, page: Page, photos: Path
) -> None:
    visitor = Visitor(page, photographs.read(photos / "obama" / "03.jpg"))
    taken: list[Response] = []
    page.on("response", lambda answer: taken.append(answer) if answer.url.endswith("/vote/result") else None)
    page.goto(f"{stack.partner_url}/vote")
    assert not stack.partner_url.startswith(stack.base_url.rpartition(":")[0])
    page.get_by_role("button", name="Show that I am there").click()
    visitor.view = frame_in(page)
    expect(visitor.view.get_by_text("Harbour Vote asks whether a living person is there")).to_be_visible()
    assert visitor.view.url.startswith(stack.base_url)
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    visitor.taps("prove")
    visitor.sees("prepare")
    shows_themselves(visitor, page)
    claims: dict[str, Any] = taken[-1].json()["claims"]
    # The partner's server has verified signature, issuer, audience, session and key (rp/client/liveness.py).
    assert (claims["pad"], claims["iad"], claims["aud"]) == ("accepted", "accepted", "presence")
    assert claims["record"]
    assert "sub" not in claims
    expect(page.locator("iframe")).to_have_count(0)
    assert visitor.violations == []
    page.reload()
    answer = page.request.post(f"{stack.partner_url}/vote/result", headers=_own(page, stack))
    assert answer.status == 409


def _own(page: Page, stack: Stack) -> dict[str, str]:
    token = page.locator("#presence").get_attribute("data-token") or ""
    return {"X-CSRFToken": token, "Referer": f"{stack.partner_url}/vote"}


@pytest.mark.requirement("S9.5-03")
def test_who_leaves_the_camera_is_not_said_to_be_there(stack: Stack, page: Page, photos: Path) -> None:
    visitor = Visitor(page, photographs.read(photos / "obama" / "03.jpg"))
    page.goto(f"{stack.partner_url}/vote")
    page.get_by_role("button", name="Show that I am there").click()
    visitor.view = frame_in(page)
    visitor.taps("leave")
    expect(page.get_by_role("heading", name="Nobody was seen")).to_be_visible()
