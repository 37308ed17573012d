"""Single sign-on: an owner sets a provider up, somebody comes in by it, and an account is linked to it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator
from tests.outside import ACR, CLIENT, SECRET, Outside, outside

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.requirement("S9.4-01")]


@pytest.fixture
def provider() -> Iterator[Outside]:
    """The organisation's own provider."""
    with outside() as served:
        yield served


@pytest.fixture
def newcomer_page(browser: Browser) -> Iterator[Page]:
    """The browser of somebody whom the provider alone knows."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_team_signs_in_at_its_own_provider(
    admin: Administrator, newcomer_page: Page, stack: Stack, provider: Outside
) -> None:
    page = admin.open("single-sign-on/")
    assert_looks_right(page, "sso-none")
    page.get_by_role("link", name="Set up a provider").click()
    page.get_by_label("Name").fill("Northwind ID")
    page.get_by_label("Issuer").fill("https://nobody.invalid")
    page.get_by_label("Client ID").fill(CLIENT)
    page.get_by_label("Claim", exact=False).first.fill("groups")
    page.get_by_label("Values that make an administrator").fill("visor-admins")
    page.get_by_label("Let in who is not in the team yet").check()
    page.get_by_label("Required acr values").fill(ACR)
    page.get_by_label("Switched on").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No OpenID provider answers").first).to_be_visible()
    assert_looks_right(page, "sso-change")
    page.get_by_label("Issuer").fill(provider.issuer)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Client secret").fill(SECRET)
    assert_looks_right(page, "sso-secret")
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("Your team can sign in at Northwind ID")).to_be_visible()

    try:
        newcomer_page.goto(f"{stack.base_url}/portal/demo/team/")
        assert_looks_right(newcomer_page, "sso-sign-in")
        provider.person["groups"] = ["nobody's"]
        newcomer_page.get_by_role("link", name="Sign in with Northwind ID").click()
        expect(newcomer_page.get_by_role("heading", name="Nobody was signed in")).to_be_visible()
        assert_looks_right(newcomer_page, "sso-refused")
        provider.person["groups"] = ["visor-admins"]
        newcomer_page.get_by_role("link", name="Sign in with Northwind ID").click()
        expect(newcomer_page.get_by_role("heading", name="Overview")).to_be_visible()
        newcomer_page.goto(f"{stack.base_url}/portal/demo/team/")
        expect(newcomer_page.get_by_role("link", name="Ada Lovelace")).to_be_visible()

        page.get_by_role("link", name="Link it").click()
        assert_looks_right(page, "sso-link")
        page.get_by_role("button", name="Link it").click()
        assert_looks_right(page, "sso-link-go")
        provider.person = {"sub": "owner-1"}
        page.get_by_role("link", name="Go to Northwind ID").click()
        expect(page.get_by_text("Your account is linked")).to_be_visible()
        page = admin.open("single-sign-on/")
        expect(page.get_by_text("owner-1")).to_be_visible()
        assert_looks_right(page, "sso")
    finally:
        page = admin.open("single-sign-on/")
        page.get_by_role("button", name="Remove the provider").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_role("link", name="Set up a provider")).to_be_visible()
    newcomer_page.reload()
    expect(newcomer_page.get_by_role("heading", name="Single sign-on")).to_have_count(0)
    expect(newcomer_page.get_by_role("link", name="Ada Lovelace")).to_have_count(0)
