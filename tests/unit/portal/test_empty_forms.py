"""A form that is sent with nothing in it is a mistake like any other, and says so."""

import pytest
from django.test import Client

from tests.factories import make_party

pytestmark = pytest.mark.django_db
FORMS = (
    "people/new/",
    "team/invite/",
    "relying-parties/new/",
    "provider/statements/new/",
    "provider/tokens/new/",
)


def says_what_is_missing(browser: Client, form: str) -> None:
    shown = browser.get(form)
    assert (shown.status_code, b"This field is required." in shown.content) == (200, False)
    sent = browser.post(form)
    assert (sent.status_code, b"This field is required." in sent.content) == (422, True)


@pytest.mark.parametrize("form", FORMS)
def test_of_something_new(owner: Client, base: str, form: str) -> None:
    says_what_is_missing(owner, f"{base}{form}")


@pytest.mark.parametrize(
    ("form", "field"), [("people/new/", "email"), ("team/invite/", "email"), ("/account/login/", "login")]
)
def test_an_address_that_is_none_is_called_as_everywhere(
    owner: Client, client: Client, base: str, form: str, field: str
) -> None:
    browser, place = (client, form) if form.startswith("/") else (owner, f"{base}{form}")
    text = browser.post(place, {field: "nobody"}).content.decode()
    assert "Enter an e-mail address, such as name@example.org." in text
    assert "email address" not in text


def test_of_what_is_there(owner: Client, base: str) -> None:
    says_what_is_missing(owner, f"{base}relying-parties/{make_party().pk}/edit/")
