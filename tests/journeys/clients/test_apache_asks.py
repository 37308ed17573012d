"""Apache with mod_auth_openidc demands a level, the face and presence for its pages."""

from collections.abc import Iterator

import pytest

from devtools.phone.browser import Browser
from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.stack import Stack
from tests.journeys.clients.apache import Apache, serving, site_url

pytestmark = [pytest.mark.e2e, pytest.mark.needs("apache")]
UNMET = "unmet_authentication_requirements"
REGISTER = """
from authsvc.clients.services import register
party, secret = register(name="Apache", redirect_uris=[{url!r} + "/callback"])
print(json.dumps([party.client_id, secret]))
"""


@pytest.fixture(scope="module")
def apache(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apache]:
    """A web server that is registered at the demo tenant, where people have passkeys and faces."""
    url = site_url()
    client_id, secret = stack.python(REGISTER.format(url=url))
    folder, issuer = tmp_path_factory.mktemp("apache"), stack.demo["issuer"]
    with serving(folder, url=url, issuer=issuer, client_id=client_id, client_secret=secret) as server:
        yield server


@pytest.mark.needs("photos")
@pytest.mark.requirement("S5.3-01", "S6.4-03")
def test_a_page_gets_the_face_and_presence_that_it_demands(apache: Apache, person: Person) -> None:
    page = SoftwarePhone(person).sign_in(f"{apache.url}/vault")
    assert "The page vault" in page.text
    assert "face" in page.headers["X-Amr"]
    assert page.headers["X-Presence"] in {"1", "true"}


@pytest.mark.needs("photos")
@pytest.mark.requirement("S5.3-02")
def test_who_shows_no_face_gets_no_page_that_demands_one(apache: Apache, person: Person) -> None:
    phone = SoftwarePhone(person)
    assert "The page vault" not in phone.sign_in(f"{apache.url}/vault", face=False).text
    assert f"error={UNMET}" in phone.browser.visited[-1]
    elsewhere = SoftwarePhone(person).sign_in(f"{apache.url}/members", face=False)
    assert "The page members" in elsewhere.text


@pytest.mark.requirement("S6.4-03")
def test_a_level_that_nobody_reaches_is_refused_before_anybody_is_asked(apache: Apache) -> None:
    """It is told why where the answer is posted: one with `iss` in its address 2.4.12 takes for no answer."""
    browser = Browser()
    page = browser.agree(browser.open(f"{apache.url}/tower"))
    assert "The page tower" not in page.text
    assert UNMET in page.text
    assert "None of the essential acr values can be reached here." in page.text
    assert not [url for url in browser.visited if "/signin/" in url]
