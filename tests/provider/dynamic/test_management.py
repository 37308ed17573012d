"""Dynamic OP: reading, replacing and ending a registration by its own token (RFC 7592)."""

from typing import Any

import pytest

from authsvc.clients.models import RelyingParty
from tests.provider.browser import CALLBACK, Browser, make_partner, make_person
from tests.provider.dynamic.conftest import Registrar
from tests.provider.dynamic.test_registration import partner_of
from tests.provider.tokens import key_set, new_key


@pytest.fixture
def made(registrar: Registrar) -> dict:
    return dict(registrar.register(tos_uri="https://partner.example/terms").json())


@pytest.mark.requirement("OIDC-DYNAMIC-02")
def test_it_reads_its_own_registration(registrar: Registrar, made: dict) -> None:
    read = registrar.call("GET", made)
    assert (read.status_code, read["Cache-Control"]) == (200, "no-store")
    # The secret is kept as a hash only, so it is shown once.
    expected = {name: value for name, value in made.items() if not name.startswith("client_secret")}
    assert read.json() == expected


@pytest.mark.requirement("OIDC-DYNAMIC-02")
def test_an_update_replaces_everything(registrar: Registrar, made: dict) -> None:
    second = "https://partner.example/second"
    answer = registrar.call("PUT", made, redirect_uris=[second], tos_uri=None, client_name="Renamed")
    assert answer.status_code == 200
    read = registrar.call("GET", made).json()
    assert (read["redirect_uris"], read["client_name"]) == ([second], "Renamed")
    assert "tos_uri" not in read
    assert partner_of(made).party.secrets.count() == 1


@pytest.mark.requirement("OIDC-DYNAMIC-02")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"client_id": None},
        {"client_secret": "another"},
        {"registration_access_token": "x"},
        {"client_id_issued_at": 1},
        {"redirect_uris": []},
        {"jwks": {"keys": [{}]}},
    ],
)
def test_an_update_that_is_refused_changes_nothing(registrar: Registrar, made: dict, changes: dict) -> None:
    assert registrar.call("PUT", made, **changes).status_code == 400
    assert registrar.call("GET", made).json()["redirect_uris"] == [CALLBACK]


@pytest.mark.requirement("OIDC-DYNAMIC-02")
def test_a_change_of_method_changes_the_credentials(registrar: Registrar, made: dict) -> None:
    to_key: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt", "jwks": key_set(new_key())}
    assert "client_secret" not in registrar.call("PUT", made, **to_key).json()
    party = RelyingParty.objects.get(client_id=made["client_id"])
    assert party.secrets.count() == 0
    back = registrar.call("PUT", {**made, "client_secret": None}).json()
    assert back["client_secret"] != made["client_secret"]


@pytest.mark.requirement("OIDC-DYNAMIC-02")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_by_its_own_token(registrar: Registrar, made: dict, method: str) -> None:
    other = registrar.register().json()
    for token in ("wrong", other["registration_access_token"]):
        refused = registrar.call(method, made, token=token)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    # A relying party of the portal has no such token, and an empty one does not open it.
    portals = make_partner().party
    address = made["registration_client_uri"].replace(made["client_id"], portals.client_id)
    assert registrar.call(method, {**made, "registration_client_uri": address}, token=" ").status_code == 401


@pytest.mark.requirement("OIDC-DYNAMIC-02")
def test_a_registration_that_is_ended_is_worth_nothing(
    visitor: Browser, registrar: Registrar, made: dict
) -> None:
    partner = partner_of(made)
    RelyingParty.objects.update(first_party=True)
    token = visitor.tokens(partner, make_person())["access_token"]
    gone = registrar.call("DELETE", made)
    assert (gone.status_code, gone.content) == (204, b"")
    assert visitor.userinfo(token).status_code == 401
    assert visitor.authorize(partner).status_code == 400
    assert visitor.redeem(partner, "any").json()["error"] == "invalid_client"
    assert registrar.call("GET", made).status_code == 401
