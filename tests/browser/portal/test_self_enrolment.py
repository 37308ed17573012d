"""Self-enrolment: an owner sets a provider up, and a person comes from it to the notice with their name."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right, problems_of
from tests.browser.portal.conftest import Administrator
from tests.outside import ACR, CLIENT, SECRET, Outside, outside

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.requirement("S9.4-01")]


@pytest.fixture
def provider() -> Iterator[Outside]:
    """The organisation's own provider."""
    with outside() as served:
        served.person = {"sub": "grace-1", "name": "Grace Hopper", "groups": ["guests"]}
        yield served


@pytest.fixture
def person_page(browser: Browser) -> Iterator[Page]:
    """The browser of somebody whom the provider alone knows."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_person_comes_from_their_organisations_provider(
    admin: Administrator, person_page: Page, stack: Stack, provider: Outside
) -> None:
    page = admin.open("self-enrolment/")
    assert_looks_right(page, "self-enrolment-none")
    page.get_by_role("link", name="Set up a provider").click()
    page.get_by_label("Name", exact=True).fill("Northwind ID")
    page.get_by_label("Issuer").fill(provider.issuer)
    page.get_by_label("Client ID").fill(CLIENT)
    page.get_by_label("Newcomers too").check()
    page.get_by_label("Required acr values").fill(ACR)
    page.get_by_label("Switched on").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Name the claim by which somebody may enrol").first).to_be_visible()
    assert problems_of(page) == {}
    page.get_by_label("Claim that decides").fill("groups")
    page.get_by_label("Values of which they need one").fill("staff")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Client secret").fill(SECRET)
    assert_looks_right(page, "self-enrolment-secret")
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("may enrol by themselves")).to_be_visible()
    assert problems_of(page) == {}

    try:
        person_page.goto(f"{stack.base_url}/t/demo/join/")
        assert problems_of(person_page) == {}
        person_page.get_by_role("link", name="Sign in with Northwind ID").click()
        expect(person_page.get_by_text("does not let you set this up by yourself")).to_be_visible()
        assert_looks_right(person_page, "self-enrolment-refused")
        provider.person["groups"] = ["staff"]
        person_page.get_by_role("link", name="Begin again").click()
        person_page.get_by_role("link", name="Sign in with Northwind ID").click()
        expect(person_page.get_by_role("heading", name="Hello Grace Hopper")).to_be_visible()
        page = admin.open("people/")
        page.get_by_role("link", name="Grace Hopper").click()
        expect(page.get_by_role("heading", name="Came from")).to_be_visible()
        expect(page.get_by_text("called grace-1 there")).to_be_visible()
        expect(page.get_by_text("by themselves, from your provider")).to_be_visible()
        assert_looks_right(page, "self-enrolment-person")
    finally:
        page = admin.open("self-enrolment/")
        page.get_by_role("button", name="Remove the provider").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_role("link", name="Set up a provider")).to_be_visible()
    person_page.goto(f"{stack.base_url}/t/demo/join/")
    expect(person_page.get_by_text("Northwind ID")).to_have_count(0)
