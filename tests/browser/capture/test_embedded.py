"""The camera's page within another site's: with whom it speaks, who shows it, and whose key it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from authsvc.clients.models import RelyingParty
from authsvc.liveness.sessions import open_session
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import LivenessRequest
from tests.browser.capture.person import Person
from tests.factories import make_party

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_cues"),
]
PAGE = b"""<!doctype html><title>A site</title><div id="place"></div>"""
BEGIN = """async (module) => {
    const { showLiveness } = await import(module);
    const open = (jkt) => new Promise((resolve) => Object.assign(window, { jkt, give: resolve }));
    const place = document.getElementById("place");
    const why = (problem) => problem.reason ?? String(problem);
    window.ended = showLiveness({ open, place }).then(() => "done", why);
}"""


class _Site(BaseHTTPRequestHandler):
    """Another site, every page of which is the same."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site() -> Iterator[str]:
    """Serve another site while the block runs; yield its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shop_origin() -> Iterator[str]:
    """The origin of the site that asks."""
    with site() as origin:
        yield origin


@pytest.fixture(scope="module")
def evil() -> Iterator[str]:
    """The origin of a site that nobody registered."""
    with site() as origin:
        yield origin


@pytest.fixture
def shop(person: Person, shop_origin: str) -> RelyingParty:
    """A relying party whose pages are at that origin."""
    fields = {"scopes": ["openid", "liveness"], "redirect_uris": [f"{shop_origin}/cb"], "name": "Corner Shop"}
    return make_party(token_endpoint_auth_method="private_key_jwt", **fields)


def origin_of(shop: RelyingParty) -> str:
    return str(shop.redirect_uris[0]).removesuffix("/cb")


def module_of(person: Person, shop: RelyingParty) -> str:
    return f"{person.base}/t/{person.tenant.slug}/liveness/module/{shop.client_id}.js"


def begun(person: Person, shop: RelyingParty, *, key: str = "") -> tuple[Transaction, Frame]:
    """Have the site's page ask, and open the session for its key, or for another one."""
    page = person.page
    page.goto(f"{origin_of(shop)}/")
    page.evaluate(BEGIN, module_of(person, shop))
    page.wait_for_function("window.jkt")
    row, url = open_session(shop, LivenessRequest(key or page.evaluate("window.jkt")))
    page.evaluate("(url) => window.give(url)", url)
    frame = page.wait_for_selector("iframe").content_frame()
    assert frame is not None
    return row, frame


def taps(shown: Frame | Page, act: str) -> None:
    """Tap the one button of an act, as soon as the page's styles have hidden those of other screens."""
    button = shown.locator(f'[data-act="{act}"]:visible')
    expect(button).to_have_count(1)
    button.click()


def ended(page: Page) -> str:
    said: str = page.evaluate("window.ended")
    return said


@pytest.mark.requirement("S6.3-04", "S9.5-03")
def test_the_sites_page_proves_its_key_and_hears_when_there_is_a_result(
    person: Person, page: Page, shop: RelyingParty, judged: Callable[[str], list[bytes]]
) -> None:
    judged("accepted")
    row, frame = begun(person, shop)
    assert "#" not in frame.url
    taps(frame, "prove")
    taps(frame, "start-camera")
    assert ended(page) == "done"
    expect(page.locator("iframe")).to_have_count(0)
    row.refresh_from_db()
    assert (row.state, row.subject_id) == (Transaction.State.DECIDED, None)
    assert person.violations == []
    assert not person.context.cookies(person.base)


def test_no_page_of_another_origin_shows_it(
    person: Person, page: Page, shop: RelyingParty, evil: str
) -> None:
    _, url = open_session(shop, LivenessRequest("k" * 43))
    page.goto(f"{evil}/")
    page.evaluate(
        "(url) => Object.assign(document.body.appendChild(document.createElement('iframe')), { src: url })",
        url,
    )
    page.wait_for_function("frames.length")
    page.wait_for_timeout(1_000)
    assert page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in text for text in person.messages)


def test_no_page_of_another_origin_loads_the_module(
    person: Person, page: Page, shop: RelyingParty, evil: str
) -> None:
    page.goto(f"{evil}/")
    loaded = page.evaluate("(url) => import(url).then(() => true, () => false)", module_of(person, shop))
    assert loaded is False


@pytest.mark.requirement("S9.5-03")
def test_a_page_that_holds_another_key_than_the_site_named_gets_no_further(
    person: Person, page: Page, shop: RelyingParty
) -> None:
    row, frame = begun(person, shop, key="k" * 43)
    taps(frame, "prove")
    expect(frame.locator('[data-screen="problem"]')).to_be_visible()
    row.refresh_from_db()
    assert row.state == Transaction.State.OPEN


def test_a_page_that_opened_it_beside_itself_is_not_spoken_with(
    person: Person, page: Page, shop: RelyingParty, evil: str
) -> None:
    row, url = open_session(shop, LivenessRequest("k" * 43))
    page.goto(f"{evil}/")
    with page.expect_popup() as opening:
        page.evaluate("(url) => { window.other = window.open(url); }", url)
    popup = opening.value
    popup.wait_for_selector('[data-screen="welcome"]:visible')
    page.evaluate(
        """() => {
            window.heard = [];
            addEventListener("message", (event) => window.heard.push(event.data));
            window.other.postMessage({ name: "visor-liveness", type: "hello" }, "*");
        }"""
    )
    taps(popup, "prove")
    page.wait_for_timeout(1_000)
    assert page.evaluate("window.heard") == []
    row.refresh_from_db()
    assert row.state == Transaction.State.OPEN


def test_whoever_leaves_ends_the_session(person: Person, page: Page, shop: RelyingParty) -> None:
    row, frame = begun(person, shop)
    taps(frame, "leave")
    assert ended(page) == "declined"
    row.refresh_from_db()
    assert row.state == Transaction.State.CANCELLED


def test_an_address_that_is_not_the_services_is_not_shown(
    person: Person, page: Page, shop: RelyingParty, evil: str
) -> None:
    page.goto(f"{origin_of(shop)}/")
    page.evaluate(BEGIN, module_of(person, shop))
    page.wait_for_function("window.jkt")
    page.evaluate("(url) => window.give(url)", f"{evil}/camera")
    assert ended(page) == "foreign-address"
    assert page.locator("iframe").count() == 0


def test_a_key_of_the_page_can_be_read_by_no_script(person: Person, page: Page, shop: RelyingParty) -> None:
    page.goto(f"{origin_of(shop)}/")
    found: Any = page.evaluate(
        "async (module) => (await (await import(module)).makeKey()).privateKey.extractable",
        module_of(person, shop),
    )
    assert found is False
