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


def test_of_what_is_there(owner: Client, base: str) -> None:
    says_what_is_missing(owner, f"{base}relying-parties/{make_party().pk}/edit/")
