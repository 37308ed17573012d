"""P10: a real double click in a real browser makes one thing, and what it made is seen."""

import pytest
from playwright.sync_api import expect

from devtools.stack.stack import Stack
from tests.browser.portal.conftest import Administrator

pytestmark = pytest.mark.browser


def test_p10_a_double_click_makes_one_relying_party_and_shows_its_secret(
    admin: Administrator, stack: Stack
) -> None:
    page = admin.open("relying-parties/new/")
    page.get_by_label("Name", exact=True).fill("Double harbour")
    page.get_by_role("button", name="Next").dblclick()
    page.get_by_label("Redirect URIs", exact=True).fill("https://double.example/cb")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Register").dblclick()
    secret = page.locator("#client-secret").inner_text()
    assert len(secret) > 30
    page.reload()
    assert page.locator("#client-secret").inner_text() == secret
    admin.open("relying-parties/")
    expect(page.get_by_role("link", name="Double harbour")).to_have_count(1)


def test_p10_a_double_click_makes_one_person_and_shows_the_link(admin: Administrator) -> None:
    page = admin.open("people/new/")
    page.get_by_label("Name", exact=True).fill("Ada Double")
    page.get_by_role("button", name="Create the link").dblclick()
    assert "/enrol/" in page.locator("#enrolment-link").inner_text()
    admin.open("people/")
    expect(page.get_by_role("link", name="Ada Double")).to_have_count(1)
