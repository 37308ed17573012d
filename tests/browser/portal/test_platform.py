"""The platform: whoever runs the installation makes an organisation, suspends it, and sees how all is."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from devtools.stack.stack import OPERATOR, Stack
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def email() -> str:
    return OPERATOR


@pytest.fixture
def operator(newcomer: Administrator) -> Administrator:
    """Who runs the installation, with an app as second factor."""
    newcomer.give_password()
    newcomer.enrol_app()
    return newcomer


def test_an_organisation_is_made_suspended_and_resumed(operator: Administrator, stack: Stack) -> None:
    page: Page = operator.page
    slug = f"orchard-{secrets.token_hex(3)}"
    page.goto(f"{stack.base_url}/portal/")
    page.get_by_role("link", name="The platform").click()
    expect(page.get_by_role("row", name="Workers")).to_contain_text("Good")
    expect(page.get_by_role("row", name="Faces that wait to be judged")).to_contain_text("None waits")
    assert_looks_right(page, "platform")
    page.get_by_role("link", name="New organisation").first.click()
    page.get_by_label("Name", exact=True).fill("Orchard")
    page.get_by_label("Short name, for its addresses").fill(slug)
    page.get_by_label("E-mail address").fill("grace@orchard.example")
    assert_looks_right(page, "new organisation")
    page.get_by_role("button", name="Create it").click()
    expect(page.get_by_role("status").filter(has_text="invitation is on its way")).to_be_visible()
    assert_looks_right(page, "organisation")
    page.get_by_label("People, at most").fill("-5")
    page.get_by_role("button", name="Set the quotas").click()
    expect(page.get_by_role("alert")).to_contain_text("People, at most")
    assert_looks_right(page, "a quota that is none")
    page.get_by_label("People, at most").fill("5")
    page.get_by_role("button", name="Set the quotas").click()
    expect(page.get_by_role("status").filter(has_text="The quotas are set")).to_be_visible()
    expect(page.get_by_label("People, at most")).to_have_value("5")
    page.get_by_role("button", name="Suspend", exact=True).click()
    page.get_by_role("button", name="Suspend it").click()
    expect(page.get_by_text("Suspended since")).to_be_visible()
    assert_looks_right(page, "suspended organisation")
    page.wait_for_timeout(10_000)  # every process reads it anew
    page.goto(f"{stack.base_url}/t/{slug}/authorize")
    expect(page.get_by_role("heading", name="Signing in at Orchard is paused")).to_be_visible()
    assert_looks_right(page, "paused")
    page.get_by_role("link", name="Your own page").click()
    expect(page.get_by_role("main")).to_contain_text("passkey")
    page.goto(f"{stack.base_url}/platform/organisations/{slug}/")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Open: people sign in here.")).to_be_visible()
