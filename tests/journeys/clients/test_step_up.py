"""The partner's interface says what it needs (RFC 9470), and its callers get it and come back."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from playwright.sync_api import Page, expect

from devtools.phone.sandbox import go
from devtools.stack.services import free_port
from tests.journeys.clients.conftest import Provider
from tests.unit.rp.site import running_site

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("S6.4-03")]
REGISTER = """
from authsvc.clients.services import register
party, secret = register(
    name="Credit union", redirect_uris=["http://127.0.0.1:{port}/oidc/callback/"],
)
print(json.dumps([party.client_id, secret]))
"""


@dataclass(frozen=True)
class Site:
    """The partner site, registered with the sandbox tenant."""

    url: str
    provider: Provider
    client: tuple[str, str]

    def token(self, outcome: str, **asked: str) -> str:
        """An access token of the site's own, after a sign-in that ends like this."""
        root, callback = self.provider.issuer, f"{self.url}/oidc/callback/"
        session = OAuth2Session(*self.client, redirect_uri=callback, scope="openid")
        url, _ = session.create_authorization_url(f"{root}authorize", nonce=secrets.token_hex(8), **asked)
        answer = go(url, callback, outcome=outcome)
        tokens = session.fetch_token(f"{root}token", authorization_response=answer)
        return str(tokens["access_token"])

    def statement(self, token: str) -> requests.Response:
        """Call the interface with an access token."""
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.url}/api/statement", headers=headers, timeout=10)


@pytest.fixture(scope="module")
def site(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    client_id, secret = provider.stack.python(REGISTER.format(port=port), tenant="conformance")
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, provider.issuer, port=port, client=(client_id, secret)) as url:
        yield Site(url, provider, (client_id, secret))


def test_a_program_reads_the_challenge_and_comes_back_with_a_better_token(site: Site) -> None:
    refused = site.statement(site.token("accepted-l1"))
    assert refused.status_code == 401
    demand = dict(re.findall(r'(\w+)="([^"]*)"', refused.headers["WWW-Authenticate"]))
    assert demand.pop("error") == "insufficient_user_authentication"
    assert demand == {"acr_values": "urn:visor:L2", "max_age": "300"}
    assert site.statement(site.token("accepted-l2", **demand)).json()["balance"]


@pytest.mark.parametrize("token", ["unknown", "a b", ""])
def test_a_token_that_is_none_is_no_reason_to_step_up(site: Site, token: str) -> None:
    refused = site.statement(token)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_another_partys_token_opens_nothing(site: Site, provider: Provider) -> None:
    other = provider.plans["basic"]["client"]
    session = OAuth2Session(**other, redirect_uri=provider.callback, scope="openid")
    url, _ = session.create_authorization_url(f"{provider.issuer}authorize")
    tokens = session.fetch_token(f"{provider.issuer}token", authorization_response=go(url, provider.callback))
    assert site.statement(tokens["access_token"]).status_code == 401


@pytest.mark.browser
def test_a_person_meets_the_challenge_on_the_page_and_comes_back(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/statement")
    with page.expect_navigation():
        page.get_by_role("link", name="Prove it and come back").click()
    page.locator("#sandbox-continue").click()
    expect(page).to_have_url(f"{site.url}/statement")
    expect(page.get_by_text("1,068.40")).to_be_visible()
