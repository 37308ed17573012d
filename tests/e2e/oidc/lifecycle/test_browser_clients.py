"""A relying party that is a script in a browser: what it may call from its own origin."""

import pytest

from tests.e2e.oidc.browser import Browser, make_partner, make_person

ORIGIN = {"Origin": "https://partner.example"}


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "revoke"])
def test_a_preflight_is_answered(visitor: Browser, endpoint: str) -> None:
    asked = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dpop"}
    answer = visitor.http.options(f"{visitor.root}{endpoint}", headers=asked)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert "DPoP" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer


def test_a_public_client_exchanges_its_code_from_a_script(visitor: Browser) -> None:
    partner = make_partner(token_endpoint_auth_method="none")
    code = visitor.sign_in(partner, make_person(), **visitor.pkce())["code"]
    body = {
        "grant_type": "authorization_code",
        "client_id": partner.party.client_id,
        "code": code,
        "redirect_uri": partner.party.redirect_uris[0],
        "code_verifier": visitor.verifier,
    }
    answer = visitor.http.post(f"{visitor.root}token", body, headers=ORIGIN)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
    assert "DPoP-Nonce" in answer["Access-Control-Expose-Headers"]
    bearer = {**ORIGIN, "Authorization": f"Bearer {answer.json()['access_token']}"}
    said = visitor.http.get(f"{visitor.root}userinfo", headers=bearer)
    assert (said.status_code, said["Access-Control-Allow-Origin"]) == (200, "*")
    refused = visitor.http.post(f"{visitor.root}token", body, headers=ORIGIN)
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (400, "*")


@pytest.mark.parametrize("endpoint", ["authorize", "end-session", "par", "introspect", "register"])
def test_what_looks_at_cookies_or_is_for_servers_stays_closed(visitor: Browser, endpoint: str) -> None:
    asked = {**ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = visitor.http.options(f"{visitor.root}{endpoint}", headers=asked)
    assert "Access-Control-Allow-Origin" not in answer
