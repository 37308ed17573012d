"""Client certificates behind a trusted proxy: authentication and binding (RFC 8705, RFC 9440)."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from authsvc.clients.problems import RegistrationProblems
from authsvc.core.clock import now
from authsvc.oidc.proofs.certificate import thumbprint
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.tokens import new_key

NAME = "CN=partner.example,O=Partner\\, Ltd,C=AT"


def certificate(name: str = NAME) -> x509.Certificate:
    """A self-signed certificate."""
    key, moment = ec.generate_private_key(ec.SECP256R1()), now()
    subject = x509.Name.from_rfc4514_string(name)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(moment).not_valid_after(moment + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def der(made: x509.Certificate) -> str:
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def header(made: x509.Certificate) -> dict[str, str]:
    """RFC 9440's header, as a proxy sets it."""
    return {"Client-Cert": f":{der(made)}:"}


@pytest.fixture(autouse=True)
def _proxy(settings) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def registered(made: x509.Certificate, method: str, **fields: Any) -> Partner:
    if method == "tls_client_auth":
        return make_partner(token_endpoint_auth_method=method, tls_client_auth_subject_dn=NAME, **fields)
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
    made = certificate()
    partner = registered(made, method)
    assert exchange(visitor, partner, made).status_code == 200


@METHODS
@pytest.mark.requirement("S9.4-05")
def test_no_certificate_another_one_or_one_that_nobody_checked(
    visitor: Browser, method: str, settings
) -> None:
    made = certificate()
    partner = registered(made, method)
    assert exchange(visitor, partner, None).status_code == 401
    assert exchange(visitor, partner, certificate("CN=partner.example,C=AT")).status_code == 401
    # The header counts only from the proxy: anybody else could write it.
    assert exchange(visitor, partner, made, "192.0.2.1").status_code == 401
    settings.TRUSTED_PROXIES = []
    assert exchange(visitor, partner, made).status_code == 401


@pytest.mark.requirement("S9.4-05")
def test_a_self_signed_one_is_compared_whole(visitor: Browser) -> None:
    partner = registered(certificate(), "self_signed_tls_client_auth")
    assert exchange(visitor, partner, certificate()).status_code == 401


@pytest.mark.requirement("S9.4-05")
def test_a_subject_is_compared_as_a_name(visitor: Browser) -> None:
    spaced = "CN=partner.example, O=Partner\\2c Ltd, C=AT"
    partner = make_partner(
        token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=spaced.replace(", ", ",")
    )
    assert exchange(visitor, partner, certificate()).status_code == 200
    with pytest.raises(RegistrationProblems):
        make_partner(token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn="no name")


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
    made = certificate()
    bound = {"tls_client_certificate_bound_access_tokens": True, "access_token_format": "jwt"}
    answer = exchange(visitor, registered(made, "tls_client_auth", **bound), made).json()
    token = answer["access_token"]
    assert answer["token_type"] == "Bearer"
    assert visitor.claims(token)["cnf"] == {"x5t#S256": thumbprint(made)}
    assert [userinfo(visitor, token, given) for given in (made, certificate(), None)] == [200, 401, 401]


@pytest.mark.requirement("S9.4-04", "OIDC-FAPI-06")
def test_fapi_takes_a_certificate_in_place_of_a_proof(visitor: Browser) -> None:
    made = certificate()
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
