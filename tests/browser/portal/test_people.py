"""Inviting a person: the link is shown once, opens the notice, and can be taken back."""

import pytest
from playwright.sync_api import expect

from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_an_enrolment_link_is_shown_once_opens_the_notice_and_is_revoked(admin: Administrator) -> None:
    page = admin.open("people/new/")
    page.get_by_role("button", name="Create the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Name")
    page.get_by_label("Name", exact=True).fill("Ines Moreau")
    page.get_by_role("button", name="Create the link").click()
    link = page.get_by_label("enrolment link", exact=True).inner_text()
    expect(page.locator("svg.qr")).to_be_visible()

    visitor = page.context.browser.new_context().new_page()
    visitor.goto(link)
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    assert visitor.url == link

    page.goto(f"{admin.portal}people/?search=Ines")
    page.get_by_role("link", name="Ines Moreau").first.click()
    assert link not in page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("no longer works")
    answer = visitor.goto(link)
    assert answer.status >= 400


def test_closing_a_person_asks_first(admin: Administrator) -> None:
    page = admin.open("people/new/")
    page.get_by_label("Name", exact=True).fill("Jonas Weber")
    page.get_by_role("button", name="Create the link").click()
    page.get_by_role("button", name="Close this person").click()
    keep = page.get_by_role("dialog").get_by_role("button", name="Keep")
    expect(keep).to_be_focused()
    keep.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Close this person").click()
    page.get_by_role("dialog").get_by_role("button", name="Close the person").click()
    expect(page.get_by_role("status")).to_contain_text("Jonas Weber is closed")
    expect(page.get_by_role("button", name="New enrolment link")).to_have_count(0)
