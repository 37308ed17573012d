"""Basic OP: the happy flow, and what the ID token says."""

import pytest

from tests.provider.browser import Browser, make_partner, make_person


@pytest.mark.requirement("OIDC-BASIC-01", "S9.4-06")
def test_code_flow_with_a_secret_in_the_header(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    answer = visitor.sign_in(partner, person)
    assert answer["state"] == "state-1"
    assert answer["iss"].endswith(f"/t/{visitor.tenant.slug}/")
    response = visitor.redeem(partner, answer["code"])
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "no-store"
    tokens = response.json()
    claims = visitor.claims(tokens["id_token"])
    assert claims["aud"] == partner.party.client_id
    assert claims["nonce"] == "nonce-1"
    assert claims["acr"] == "urn:visor:L2"
    assert claims["amr"] == ["swk", "user", "mfa"]
    assert visitor.userinfo(tokens["access_token"]).json() == {"sub": claims["sub"]}
