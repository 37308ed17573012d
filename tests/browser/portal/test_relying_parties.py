"""Registering a relying party: mistakes field by field, the secret once, and the developer's own errors."""

import base64
import time

import pytest
from playwright.sync_api import Page, expect

from devtools.stack.stack import Stack
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


class Clicks:
    """Counts the clicks of a page's person, whatever they hit."""

    def __init__(self, page: Page) -> None:
        page.expose_function("clickedOnce", self._note)
        page.add_init_script(
            "addEventListener('click', (event) => event.isTrusted && window.clickedOnce(), true)"
        )
        self.count = 0

    def _note(self) -> None:
        self.count += 1


def test_a_mistake_is_mended_and_the_site_registered_in_six_clicks(admin: Administrator) -> None:
    clicks = Clicks(admin.page)
    page = admin.open("relying-parties/")
    page.get_by_role("link", name="Register one").click()
    # What it is: a website, unless somebody says otherwise.
    expect(page.get_by_label("A website with a server")).to_be_checked()
    page.get_by_label("Name", exact=True).fill("Corner Bakery")
    page.keyboard.press("Enter")

    page.get_by_label("Redirect URIs", exact=True).fill(
        "http://shop.example/callback\nhttps://shop.example/#top"
    )
    page.get_by_role("button", name="Next").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    redirects = page.get_by_label("Redirect URIs", exact=True)
    expect(redirects).to_have_attribute("aria-invalid", "true")
    lines = page.locator("#id_redirect_uris_error li")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("http://shop.example/callback")
    boxes = [box for at in range(2) if (box := lines.nth(at).bounding_box())]
    assert boxes[0]["x"] == boxes[1]["x"], "one a line, not beside each other"
    assert boxes[0]["y"] < boxes[1]["y"]
    redirects.fill("https://shop.example/callback")
    page.get_by_role("button", name="Next").click()

    expect(page.get_by_role("checkbox", name="openid")).to_be_checked()
    assert page.get_by_role("group", name="Scopes").get_by_role("checkbox", checked=True).count() == 1
    high = page.get_by_role("radio", name="L4")
    expect(high).to_be_disabled()
    expect(page.get_by_text("It cannot be reached here now: at most L2").first).to_be_visible()
    page.get_by_role("button", name="Register").click()

    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    assert clicks.count <= 6
    secret = page.get_by_label("client secret", exact=True).inner_text()
    assert len(secret) >= 43
    page.reload()
    assert page.get_by_label("client secret", exact=True).inner_text() == secret

    page.goto(f"{admin.portal}relying-parties/")
    page.get_by_role("link", name="Corner Bakery").click()
    expect(page.get_by_role("heading", name="Quick start")).to_be_visible()
    assert secret not in page.content()
    expect(page.get_by_text(f"…{secret[-4:]}")).to_be_visible()


def test_going_back_loses_nothing_and_a_kind_is_asked_for_what_it_needs_alone(admin: Administrator) -> None:
    page = admin.open("relying-parties/new/")
    page.get_by_label("A machine without a browser").check()
    page.get_by_label("Name", exact=True).fill("Till of the bakery")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Redirect URIs")).to_have_count(0)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("needs a public key")
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Till of the bakery")
    page.get_by_label("A single-page application").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Redirect URIs", exact=True).fill("https://page.example/cb")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("https://page.example/cb")).to_be_visible()
    page.reload()
    expect(page.get_by_text("https://page.example/cb")).to_be_visible()
    expect(page.get_by_text("How it proves itself")).to_be_visible()
    expect(page.get_by_label("Client authentication")).to_have_count(0)
    expect(page.get_by_text("Without a browser", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Till of the bakery")).to_be_visible()
    expect(page.locator("#client-secret")).to_have_count(0)


def test_a_secret_is_rolled_without_a_pause(admin: Administrator, stack: Stack) -> None:
    page = admin.page
    admin.register("Rolling Over Ltd", "https://rolling.example/callback")
    first = page.get_by_label("client secret", exact=True).inner_text()
    client_id = page.get_by_label("client id", exact=True).inner_text()
    assert redeems(admin, client_id, first)
    page.get_by_label("The old one goes on working").select_option("for seven days")
    page.get_by_role("button", name="Add a secret").click()
    second = page.get_by_label("client secret", exact=True).inner_text()
    assert second != first
    expect(page.get_by_text("Both work.")).to_be_visible()
    time.sleep(10)  # Another process notices a change within that.
    assert (redeems(admin, client_id, first), redeems(admin, client_id, second)) == (True, True)
    stack.python(
        "from authsvc.clients.models import ClientSecret\n"
        "from datetime import timedelta\n"
        "from authsvc.core.clock import now\n"
        f"ClientSecret.objects.filter(hint={first[-4:]!r}).update(last_used_at=now() - timedelta(days=9))"
    )
    page.reload()
    expect(
        page.get_by_text("has not been used for 1\N{NO-BREAK SPACE}week, 2\N{NO-BREAK SPACE}days")
    ).to_be_visible()
    page.get_by_role("button", name=f"Revoke the secret that ends in {first[-4:]}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    said = page.get_by_role("status").filter(has_text=f"ends in {first[-4:]} is revoked")
    expect(said).to_be_visible()
    expect(page.get_by_text(f"…{first[-4:]}")).to_have_count(0)
    expect(page.get_by_text(f"…{second[-4:]}")).to_be_visible()


def redeems(admin: Administrator, client_id: str, secret: str) -> bool:
    """Whether the token endpoint takes the secret: a code that is none is refused after it, not before."""
    answer = admin.page.request.post(
        f"{admin.base}/t/demo/token",
        form={"grant_type": "authorization_code", "code": "none"},
        headers={"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()},
    )
    return bool(answer.json()["error"] == "invalid_grant")


def test_a_deleted_site_comes_back(admin: Administrator) -> None:
    page = admin.page
    admin.register("Gone Tomorrow", "https://gone.example/cb")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Deleted: nobody can sign in there.")).to_be_visible()
    admin.open("relying-parties/")
    expect(page.get_by_role("link", name="Gone Tomorrow")).to_have_count(0)
    page.go_back()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is back, with its secrets")).to_be_visible()
    expect(page.get_by_text("Live in a sandbox")).to_be_visible()


def test_a_refused_request_says_the_rule_what_came_and_what_was_expected(admin: Administrator) -> None:
    query: dict[str, str | float | bool] = {
        "client_id": "partner",
        "response_type": "code",
        "redirect_uri": "https://elsewhere.example/cb",
    }
    answer = admin.page.request.get(f"{admin.base}/t/demo/authorize", params=query)
    assert answer.status == 400
    page = admin.open("relying-parties/")
    page.get_by_role("link", name="Harbour Credit Union").click()
    refused = page.get_by_role("table", name="The last refused requests of this relying party").get_by_role(
        "row"
    )
    expect(refused.nth(1)).to_contain_text("redirect-uri")
    expect(refused.nth(1)).to_contain_text("https://elsewhere.example/cb")
    expect(refused.nth(1)).to_contain_text("/oidc/callback/")
