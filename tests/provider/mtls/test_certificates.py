"""Client certificates behind a trusted proxy: authentication and binding (RFC 8705, RFC 9440)."""

from typing import Any

import pytest
from cryptography import x509

from authsvc.clients.problems import RegistrationProblems
from authsvc.oidc.proofs.certificate import thumbprint
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.mtls.authorities import NAME, authority, certificate, der, header
from tests.provider.tokens import new_key

ROOT = authority()


@pytest.fixture(autouse=True)
def _proxy(settings) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


BY_AUTHORITY: dict[str, Any] = {
    "token_endpoint_auth_method": "tls_client_auth",
    "tls_client_auth_subject_dn": NAME,
    "tls_client_auth_ca_certificates": [der(ROOT.certificate)],
}


def fitting(method: str) -> x509.Certificate:
    """A certificate that a client may use by that method."""
    return ROOT.issue() if method == "tls_client_auth" else certificate()


def registered(made: x509.Certificate, method: str, **fields: Any) -> Partner:
    if method == "tls_client_auth":
        return make_partner(**{**BY_AUTHORITY, **fields})
    key = {**new_key().as_dict(private=False), "x5c": [der(made)]}
    return make_partner(token_endpoint_auth_method=method, jwks={"keys": [key]}, **fields)


def redeem(
    visitor: Browser, partner: Partner, code: str, made: x509.Certificate | None, address: str = "127.0.0.1"
) -> Any:
    """Exchange a code over a connection from `address`, with a certificate in the proxy's header."""
    body = {
        "grant_type": "authorization_code",
        "client_id": partner.party.client_id,
        "code": code,
        "redirect_uri": partner.party.redirect_uris[0],
        "code_verifier": visitor.verifier,
    }
    headers = header(made) if made else {}
    return visitor.http.post(f"{visitor.root}token", body, headers=headers, REMOTE_ADDR=address)


def exchange(
    visitor: Browser, partner: Partner, made: x509.Certificate | None, address: str = "127.0.0.1"
) -> Any:
    """Sign a person in and exchange the code."""
    code = visitor.sign_in(partner, make_person(), prompt="login", **visitor.pkce())["code"]
    return redeem(visitor, partner, code, made, address)


METHODS = pytest.mark.parametrize("method", ["tls_client_auth", "self_signed_tls_client_auth"])


@METHODS
@pytest.mark.requirement("OIDC-BASIC-01", "S9.4-05")
def test_the_registered_certificate_authenticates(visitor: Browser, method: str) -> None:
    made = fitting(method)
    partner = registered(made, method)
    assert exchange(visitor, partner, made).status_code == 200


@METHODS
@pytest.mark.requirement("S9.4-05")
def test_no_certificate_another_one_or_one_that_nobody_checked(
    visitor: Browser, method: str, settings
) -> None:
    made = fitting(method)
    partner = registered(made, method)
    assert exchange(visitor, partner, None).status_code == 401
    assert exchange(visitor, partner, ROOT.issue("CN=partner.example,C=AT")).status_code == 401
    # The header counts only from the proxy: anybody else could write it.
    assert exchange(visitor, partner, made, "192.0.2.1").status_code == 401
    settings.TRUSTED_PROXIES = []
    assert exchange(visitor, partner, made).status_code == 401


@pytest.mark.requirement("S9.4-05")
def test_a_proxy_at_a_socket_of_the_machines_files_is_named_apart(visitor: Browser, settings) -> None:
    made = fitting("tls_client_auth")
    partner = registered(made, "tls_client_auth")
    assert exchange(visitor, partner, made, "").status_code == 401
    settings.TRUSTED_PROXIES = ["unix"]
    assert exchange(visitor, partner, made, "192.0.2.1").status_code == 401
    assert exchange(visitor, partner, made, "").status_code == 200


@pytest.mark.requirement("S9.4-05")
def test_a_self_signed_one_is_compared_whole(visitor: Browser) -> None:
    partner = registered(certificate(), "self_signed_tls_client_auth")
    assert exchange(visitor, partner, certificate()).status_code == 401


@pytest.mark.requirement("S9.4-05")
def test_a_subject_is_compared_as_a_name(visitor: Browser) -> None:
    spaced = "CN=partner.example, O=Partner\\2c Ltd, C=AT"
    partner = make_partner(**{**BY_AUTHORITY, "tls_client_auth_subject_dn": spaced.replace(", ", ",")})
    assert exchange(visitor, partner, ROOT.issue()).status_code == 200
    with pytest.raises(RegistrationProblems):
        make_partner(**{**BY_AUTHORITY, "tls_client_auth_subject_dn": "no name"})


@pytest.mark.requirement("S9.4-05")
@pytest.mark.parametrize("value", ["::", ":AAAA:", "nonsense", ":" + "A" * 20_000 + ":"])
def test_a_header_that_is_no_certificate(visitor: Browser, value: str) -> None:
    partner = registered(certificate(), "tls_client_auth")
    body = {"grant_type": "authorization_code", "client_id": partner.party.client_id, "code": "x"}
    refused = visitor.http.post(f"{visitor.root}token", body, headers={"Client-Cert": value})
    assert refused.status_code == 401


def userinfo(visitor: Browser, token: str, made: x509.Certificate | None) -> int:
    headers = {"Authorization": f"Bearer {token}", **(header(made) if made else {})}
    return int(visitor.http.get(f"{visitor.root}userinfo", headers=headers).status_code)


@pytest.mark.requirement("S9.4-04")
def test_a_bound_token_needs_its_certificate(visitor: Browser) -> None:
    made = ROOT.issue()
    bound = {"tls_client_certificate_bound_access_tokens": True, "access_token_format": "jwt"}
    answer = exchange(visitor, registered(made, "tls_client_auth", **bound), made).json()
    token = answer["access_token"]
    assert answer["token_type"] == "Bearer"
    assert visitor.claims(token)["cnf"] == {"x5t#S256": thumbprint(made)}
    assert [userinfo(visitor, token, given) for given in (made, certificate(), None)] == [200, 401, 401]


@pytest.mark.requirement("S9.4-04", "OIDC-FAPI-06")
def test_fapi_takes_a_certificate_in_place_of_a_proof(visitor: Browser) -> None:
    made = ROOT.issue()
    fields = {"profile": "fapi2", "id_token_signed_response_alg": "ES256"}
    partner = registered(made, "tls_client_auth", **fields)
    asked = {**visitor.request(partner), **visitor.pkce()}
    pushed = visitor.http.post(f"{visitor.root}par", asked, headers=header(made)).json()
    query = {"client_id": partner.party.client_id, "request_uri": pushed["request_uri"]}
    txn = visitor.opened(visitor.http.get(f"{visitor.root}authorize", query))
    visitor.prove(txn, make_person())
    token = redeem(visitor, partner, answer_of(visitor.resume(txn))["code"], made).json()["access_token"]
    assert [userinfo(visitor, token, given) for given in (made, certificate(), None)] == [200, 401, 401]


@pytest.mark.requirement("S9.4-04")
def test_who_must_bind_and_does_not_gets_no_token(visitor: Browser) -> None:
    partner = make_partner(tls_client_certificate_bound_access_tokens=True)
    code = visitor.sign_in(partner, make_person())["code"]
    refused = visitor.redeem(partner, code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
