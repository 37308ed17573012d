"""No cache keeps an answer, whatever the route; the provider's public documents alone may be kept."""

import pytest
from django.test import Client

from tests.tenancy.conftest import World
from tests.tenancy.routes import EXPECTED, filled

pytestmark = pytest.mark.django_db
_T = "t/<slug:tenant>/"
PUBLIC = {
    ".well-known/oauth-authorization-server/t/<slug:tenant>",
    ".well-known/oauth-authorization-server/t/<slug:tenant>/",
    ".well-known/openid-configuration/t/<slug:tenant>",
    ".well-known/openid-configuration/t/<slug:tenant>/",
    f"{_T}.well-known/openid-configuration",
    f"{_T}jwks",
}


def _path(route: str, values: dict[str, str]) -> str:
    return filled(route, {"pk": "1", "uidb36": "1", "key": "1", "slug": "1", **values})


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_keeps_an_answer(method: str, ours: World, owner: Client, client: Client) -> None:
    for route in EXPECTED.keys() - PUBLIC:
        for who in (client, owner):
            ask = getattr(who, method)
            answer = ask(_path(route, ours.values), headers={"origin": "http://localhost:8000"})
            assert "no-store" in answer["Cache-Control"], (route, answer.status_code)
            assert "public" not in answer["Cache-Control"], route


def test_public_documents_may_be_kept_for_an_hour_and_their_refusals_may_not(
    ours: World, client: Client
) -> None:
    for route in PUBLIC:
        path = _path(route, ours.values)
        assert client.get(path)["Cache-Control"] == "public, max-age=3600"
        assert client.head(path)["Cache-Control"] == "public, max-age=3600"
        assert client.post(path)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/t/nobody/jwks", "/t/nobody/authorize", "/nothing", "/portal/nobody/"])
def test_what_is_not_there_is_not_kept_either(path: str, client: Client) -> None:
    assert client.get(path)["Cache-Control"] == "no-store"
