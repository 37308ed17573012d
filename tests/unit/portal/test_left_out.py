"""Nobody makes an account or adds an address: django-allauth's pages for that are not there."""

import pytest
from django.test import Client

from tests.journeys.ends.reading import read

PATHS = ("signup/", "email/", "confirm-email/", "confirm-email/a-key/")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.django_db
def test_the_page_is_not_there_and_leads_on(client: Client, path: str) -> None:
    answer = client.get(f"/account/{path}")
    assert answer.status_code == 404
    assert "Back to the portal" in read(answer.content.decode())[0].ways


@pytest.mark.parametrize("path", PATHS)
def test_nor_for_who_is_signed_in(admin: Client, path: str) -> None:
    answer = admin.get(f"/account/{path}")
    assert answer.status_code == 404
    assert "Back to the portal" in read(answer.content.decode())[0].ways


def test_the_others_are_there(client: Client) -> None:
    assert client.get("/account/password/reset/").status_code == 200
