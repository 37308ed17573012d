"""Registering a relying party: mistakes field by field, the secret once, and the developer's own errors."""

import pytest
from playwright.sync_api import expect

from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_mistakes_stand_beside_their_fields_and_the_secret_is_shown_once(admin: Administrator) -> None:
    page = admin.open("relying-parties/")
    page.get_by_role("link", name="Register one").click()
    page.get_by_label("Name").fill("Corner Bakery")
    page.get_by_label("Redirect URIs", exact=True).fill(
        "http://shop.example/callback\nhttps://shop.example/#top"
    )
    page.get_by_label("Client authentication").select_option("private_key_jwt")
    page.get_by_role("button", name="Register").click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(3)
    redirects = page.get_by_label("Redirect URIs", exact=True)
    expect(redirects).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_redirect_uris_error")).to_contain_text("http://shop.example/callback")
    expect(page.locator("#id_redirect_uris_error")).to_contain_text("https://shop.example/#top")
    expect(redirects).to_have_value("http://shop.example/callback\nhttps://shop.example/#top")

    redirects.fill("https://shop.example/callback")
    page.get_by_label("Client authentication").select_option("client_secret_basic")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    secret = page.get_by_label("client secret", exact=True).inner_text()
    assert len(secret) >= 43

    page.goto(f"{admin.portal}relying-parties/")
    page.get_by_role("link", name="Corner Bakery").click()
    expect(page.get_by_role("heading", name="Quick start")).to_be_visible()
    assert secret not in page.content()
    expect(page.get_by_text(f"…{secret[-4:]}")).to_be_visible()


def test_a_second_secret_overlaps_and_the_first_is_revoked(admin: Administrator) -> None:
    page = admin.open("relying-parties/new/")
    page.get_by_label("Name").fill("Rolling Over Ltd")
    page.get_by_label("Redirect URIs", exact=True).fill("https://rolling.example/callback")
    page.get_by_role("button", name="Register").click()
    first = page.get_by_label("client secret", exact=True).inner_text()
    page.get_by_role("button", name="Add a secret").click()
    second = page.get_by_label("client secret", exact=True).inner_text()
    assert second != first
    page.get_by_role("button", name=f"Revoke the secret that ends in {first[-4:]}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    said = page.get_by_role("status").filter(has_text=f"ends in {first[-4:]} is revoked")
    expect(said).to_be_visible()
    expect(page.get_by_text(f"…{first[-4:]}")).to_have_count(0)
    expect(page.get_by_text(f"…{second[-4:]}")).to_be_visible()


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
