"""A relying party that is a script in a browser: what it may call from its own origin."""

import pytest

from authsvc.oidc.offering.options import set_options
from tests.provider.browser import Browser, make_partner, make_person

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


@pytest.mark.parametrize("endpoint", ["authorize", "end-session", "introspect", "backchannel-authentication"])
def test_what_looks_at_cookies_or_is_for_servers_stays_closed(visitor: Browser, endpoint: str) -> None:
    asked = {**ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = visitor.http.options(f"{visitor.root}{endpoint}", headers=asked)
    assert "Access-Control-Allow-Origin" not in answer


CALLABLE = {
    "par": "POST",
    "register": "POST",
    "register/somebody": "PUT",
    "jwks": "GET",
    ".well-known/openid-configuration": "GET",
}


@pytest.mark.parametrize(("endpoint", "method"), CALLABLE.items())
@pytest.mark.parametrize("headers", ["dpop,content-type", "cache-control", "X-Trace-Id, If-None-Match"])
def test_p03_a_script_may_call_it_with_any_header_and_no_credentials(
    visitor: Browser, endpoint: str, method: str, headers: str
) -> None:
    asked = {
        **ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    answer = visitor.http.options(f"{visitor.root}{endpoint}", headers=asked)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert method in answer["Access-Control-Allow-Methods"].split(", ")
    allowed = {name.strip().lower() for name in answer["Access-Control-Allow-Headers"].split(",")}
    assert {name.strip().lower() for name in headers.split(",")} <= allowed
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("form", ["oauth-authorization-server", "openid-configuration"])
def test_p03_both_forms_of_the_metadatas_address_answer_scripts(visitor: Browser, form: str) -> None:
    path = f"/.well-known/{form}{visitor.root}"
    asked = {**ORIGIN, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-a"}
    assert visitor.http.options(path, headers=asked).status_code == 204
    assert visitor.http.get(path, headers=ORIGIN)["Access-Control-Allow-Origin"] == "*"


def test_p03_what_is_no_name_of_a_header_is_not_answered(visitor: Browser) -> None:
    asked = {**ORIGIN, "Access-Control-Request-Headers": "x-fine,bad name,;,é,x:y," + "n" * 65}
    allowed = visitor.http.options(f"{visitor.root}jwks", headers=asked)["Access-Control-Allow-Headers"]
    assert allowed == "Authorization, Content-Type, DPoP, x-fine"


def test_p03_refusals_can_be_read_by_scripts_too(visitor: Browser) -> None:
    set_options(dynamic_registration=True)
    for answer in (
        visitor.http.post(f"{visitor.root}par", {}, headers=ORIGIN),
        visitor.http.post(f"{visitor.root}register", {}, content_type="application/json", headers=ORIGIN),
        visitor.http.get(f"{visitor.root}register/nobody", headers=ORIGIN),
        visitor.http.post(f"{visitor.root}jwks", headers=ORIGIN),
    ):
        assert answer.status_code in {400, 401, 405}
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer
