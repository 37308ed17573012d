"""Apache with mod_auth_openidc protects pages, and a person signs in through a real browser."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.clients.apache import Apache, serving, site_url
from tests.journeys.clients.conftest import Provider

REGISTER = """
from authsvc.clients.services import register
party, secret = register(
    name="Apache", redirect_uris=[{url!r} + "/callback"], post_logout_redirect_uris=[{url!r} + "/index"],
)
print(json.dumps([party.client_id, secret]))
"""


@pytest.fixture(scope="module")
def apache(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apache]:
    """A web server that is registered as a relying party."""
    url = site_url()
    client_id, secret = provider.stack.python(REGISTER.format(url=url), tenant="conformance")
    folder = tmp_path_factory.mktemp("apache")
    with serving(
        folder, url=url, issuer=provider.issuer, client_id=client_id, client_secret=secret
    ) as server:
        yield server


@pytest.mark.e2e
@pytest.mark.browser
@pytest.mark.needs("apache")
def test_a_person_signs_in_at_apache_and_out_again(page: Page, apache: Apache) -> None:
    page.goto(f"{apache.url}/members")
    expect(page.get_by_role("heading", name="Sandbox authenticator")).to_be_visible()
    page.locator("#sandbox-person").select_option(label="Test Person Two")
    with page.expect_response(f"{apache.url}/members") as answered:
        page.locator("#sandbox-continue").click()
    expect(page.get_by_text("The page members")).to_be_visible()
    assert answered.value.headers["x-email"] == "test-person-2@test.example"

    refused = page.goto(f"{apache.url}/board")
    assert refused
    assert refused.status in {401, 403}

    page.goto(f"{apache.url}/callback?logout={quote(apache.url, safe='')}%2Findex")
    expect(page.get_by_text("The page index")).to_be_visible()
    page.goto(f"{apache.url}/members")
    expect(page.get_by_role("heading", name="Sandbox authenticator")).to_be_visible()


@pytest.mark.e2e
@pytest.mark.browser
@pytest.mark.needs("apache")
@pytest.mark.parametrize("outcome", ["Refused", "Timed out", "Accepted at L1"])
def test_whoever_does_not_prove_enough_stays_outside(page: Page, apache: Apache, outcome: str) -> None:
    page.goto(f"{apache.url}/members")
    page.locator("#sandbox-outcome").select_option(label=outcome)
    page.locator("#sandbox-continue").click()
    page.wait_for_url(re.compile(f"^{apache.url}/"))
    expect(page.get_by_text("The page members")).not_to_be_visible()
