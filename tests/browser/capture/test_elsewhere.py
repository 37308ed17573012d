"""C08, C09 and C11: popups, browsers inside apps, and approvals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from authsvc.enrolment.services import create_link
from authsvc.oidc.ciba.waiting import Awaited
from authsvc.oidc.requests.wanted import Wanted
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.browser.capture import camera
from tests.browser.capture.person import Person, partner
from tests.campaign import crossed, sampled
from tests.factories import make_subject

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
IN_APP = {
    "an app of Apple's phones": f"{IPHONE} Mobile/15E148",
    "Instagram": f"{IPHONE} Mobile/15E148 Instagram 330.0.0.25.87 (iPhone14,5; iOS 17_5)",
    "Facebook": f"{ANDROID} Version/4.0 Chrome/125.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/465.0.0.60;]",
    "Android's WebView": ANDROID.replace("Pixel 8)", "Pixel 8; wv)")
    + " Version/4.0 Chrome/125 Mobile Safari/537.36",
    "WeChat": f"{ANDROID} Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49",
    "Line": f"{IPHONE} Mobile/15E148 Safari Line/14.8.0",
}
BROWSERS = {
    "Safari": f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1",
    "Chrome on Apple's phones": f"{IPHONE} CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1",
    "Chrome": f"{ANDROID} Chrome/125.0.0.0 Mobile Safari/537.36",
    "Firefox": "Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0",
}
WITHOUT_PASSKEYS = "delete window.PublicKeyCredential"
INSECURE = "Object.defineProperty(window, 'isSecureContext', { value: false })"
LACKS = {"no passkeys": WITHOUT_PASSKEYS, "insecure": INSECURE}
FAILING = """() => {
  navigator.credentials.get = async () => { throw new DOMException("", "NotAllowedError"); };
}"""
NO_CLIPBOARD = "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })"

COPYING = {
    "by the clipboard": ((), ["clipboard-read", "clipboard-write"], "Copied"),
    "by the old command": ((NO_CLIPBOARD,), [], "Copied"),
    "by hand": (
        (NO_CLIPBOARD, "document.execCommand = () => false"),
        [],
        "Press and hold the address to copy it",
    ),
}


def visitor(tenant: Tenant, browser: Browser, agent: str, *scripts: str, **context: Any) -> Person:
    """Somebody whose browser calls itself this, and has no more than the scripts leave it."""
    person = Person(tenant, browser, user_agent=agent, **context)
    for script in scripts:
        person.page.add_init_script(script)
    return person


@pytest.mark.parametrize(
    ("agent", "lacks"), crossed(IN_APP, LACKS, sample=2)
)  # the others: abilities.test.mjs
def test_c09_an_apps_browser_is_told_where_to_go(
    tenant: Tenant, with_camera: Browser, agent: str, lacks: str
) -> None:
    person = visitor(tenant, with_camera, agent, lacks)
    person.open()
    person.sees("in-app")
    screen = person.page.locator('[data-screen="in-app"]')
    expect(screen.get_by_role("heading")).to_have_text("Open this in Safari or Chrome")
    expect(screen.locator("input")).to_have_value("https://shop.example/")


@pytest.mark.parametrize(("agent", "lacks"), crossed(BROWSERS, LACKS, sample=2))
def test_c09_a_browser_of_its_own_is_told_what_it_lacks(
    tenant: Tenant, with_camera: Browser, agent: str, lacks: str
) -> None:
    person = visitor(tenant, with_camera, agent, lacks)
    person.open()
    person.sees("insecure" if lacks == INSECURE else "unsupported")


def test_c09_an_app_with_passkeys_may_go_on_and_is_told_when_they_fail(
    tenant: Tenant, with_camera: Browser
) -> None:
    person = visitor(tenant, with_camera, IN_APP["Instagram"])
    person.open()
    person.sees("welcome")
    person.page.evaluate(FAILING)
    person.taps("passkey")
    person.sees("in-app")


@pytest.mark.whole
def test_c09_an_app_without_its_camera(tenant: Tenant, launch: Callable[..., Browser], still: Path) -> None:
    whole = launch(*camera.arguments(still), whole=True)
    person = visitor(tenant, whole, IN_APP["Facebook"], permissions=[])
    person.enrolled()
    person.films()
    person.sees("in-app-camera")
    person.taps("without-face")
    person.page.wait_for_url("**/passkeys/?*")


@pytest.mark.parametrize("way", sampled(COPYING, "by the clipboard", "by hand"))
def test_c09_the_address_is_copied(
    tenant: Tenant, with_camera: Browser, way: tuple[tuple[str, ...], list[str], str]
) -> None:
    scripts, permissions, says = way
    person = visitor(
        tenant, with_camera, IN_APP["Instagram"], WITHOUT_PASSKEYS, *scripts, permissions=permissions
    )
    person.open()
    button = person.page.locator('[data-screen="in-app"] [data-act="copy"]')
    button.click()
    expect(button).to_have_text(says)
    if permissions:
        assert person.page.evaluate("navigator.clipboard.readText()") == "https://shop.example/"


def test_c09_an_enrolments_link_is_the_address(tenant: Tenant, with_camera: Browser) -> None:
    link = create_link(subject=make_subject(name="Ada Example"), created_by="a test")[1]
    person = visitor(tenant, with_camera, IN_APP["Instagram"], WITHOUT_PASSKEYS)
    person.page.goto(link)
    note = person.page.locator("[data-in-app]")
    expect(note).to_contain_text("Open this page in Safari or Chrome")
    expect(note.locator("input")).to_have_value(link)
    person.page.get_by_role("button", name="Only a passkey").click()
    person.sees("in-app")
    expect(person.page.locator('[data-screen="in-app"] input')).to_have_value(link)


def test_c09_a_browser_that_can_is_told_nothing(person: Person, page: Page) -> None:
    page.goto(create_link(subject=make_subject(name="Ada Example"), created_by="a test")[1])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[data-in-app]")).to_be_hidden()


@pytest.mark.parametrize(("path", "kept"), [("signin", True), ("passkeys", True), ("portal", False)])
def test_c08_a_popup_of_the_journey_keeps_its_opener(
    person: Person, page: Page, tenant: Tenant, path: str, kept: bool
) -> None:
    page.route(
        "https://shop.example/*", lambda route: route.fulfill(body="<h1>Shop</h1>", content_type="text/html")
    )
    row = person.open()
    urls = {
        "signin": f"{person.base}/t/{tenant.slug}/signin/{row.id}/",
        "passkeys": f"{person.base}/t/{tenant.slug}/passkeys/",
        "portal": f"{person.base}/account/login/",
    }
    page.goto("https://shop.example/")
    with page.expect_popup() as opened:
        page.evaluate("(url) => { window.open(url, '_blank', 'popup'); }", urls[path])
    popup = opened.value
    popup.wait_for_load_state()
    assert popup.url == urls[path] or not kept
    assert popup.evaluate("window.opener !== null") is kept


WORDS = "blue whale 42"


def test_c11_an_approval_keeps_its_words_to_the_end(person: Person, page: Page, judged: Any) -> None:
    judged("again")
    person.enrolled()
    asked = Awaited(Wanted(), "request", WORDS)
    row = person.open(client=partner(), request=asked)
    said = page.locator(".approval")
    expect(page).to_have_title(f"Approve: Corner Shop – {person.tenant.name}")
    expect(page.locator('[data-screen="welcome"] h1')).to_have_text("Approve: Corner Shop")
    for act, screen in (
        ("passkey", "choice"),
        ("prepare", "prepare"),
        ("start-camera", "live"),
        ("stop", "prepare"),
        ("without-face", ""),
    ):
        expect(said).to_contain_text("You approve a request of Corner Shop")
        expect(said.get_by_text(WORDS)).to_be_visible()
        person.taps(act)
        if screen:
            person.sees(screen)
    page.wait_for_url(f"**/passkeys/?{row.id}")


def test_c11_other_sign_ins_show_none(person: Person, page: Page) -> None:
    person.open()
    person.sees("welcome")
    expect(page.locator(".approval")).to_have_count(0)
    person.open(Transaction.Kind.BIND)
    person.sees("welcome")
    expect(page.locator(".approval")).to_have_count(0)
