"""Basic OP: the happy flow with each way of client authentication, and ID tokens' algorithms."""

import json
import time
from base64 import b64encode, urlsafe_b64decode

import pytest

from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.services import add_secret, revoke_secret
from authsvc.core.ids import new_id
from authsvc.oidc.callers.assertion import TYPE
from authsvc.oidc.wire.addresses import issuer_of
from tests.provider.browser import Browser, Partner, make_partner, make_person
from tests.provider.tokens import key_set, new_key, signed


def exchange(visitor: Browser, partner: Partner, body: dict[str, str], **headers: str):
    code = visitor.sign_in(partner, make_person(), prompt="login")["code"]
    whole = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": partner.party.redirect_uris[0],
        **body,
    }
    return visitor.http.post(f"{visitor.root}token", whole, headers=headers)


@pytest.mark.requirement("OIDC-BASIC-01")
def test_client_secret_post(visitor: Browser) -> None:
    partner = make_partner(token_endpoint_auth_method="client_secret_post")
    body = {"client_id": partner.party.client_id, "client_secret": str(partner.secret)}
    assert exchange(visitor, partner, body).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-01")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
def test_private_key_jwt(visitor: Browser, algorithm: str) -> None:
    key = new_key(algorithm)
    partner = make_partner(token_endpoint_auth_method="private_key_jwt", jwks=key_set(key))
    name = partner.party.client_id
    claims = {"iss": name, "sub": name, "aud": issuer_of(visitor.tenant), "jti": new_id()}
    assertion = signed({**claims, "exp": time.time() + 60}, key, algorithm=algorithm)
    body = {"client_assertion": assertion, "client_assertion_type": TYPE}
    assert exchange(visitor, partner, body).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-01")
def test_another_method_than_the_registered_one_is_refused(visitor: Browser) -> None:
    partner = make_partner()
    body = {"client_id": partner.party.client_id, "client_secret": str(partner.secret)}
    refused = exchange(visitor, partner, body)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" in refused


@pytest.mark.requirement("OIDC-BASIC-01")
@pytest.mark.parametrize(
    "header",
    [
        "Basic !!!",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff:\xfe").decode(),
        "Basic " + b64encode(b"unknown:secret").decode(),
        "Digest x",
        "",
    ],
)
def test_headers_that_prove_nothing(visitor: Browser, header: str) -> None:
    refused = exchange(visitor, make_partner(), {}, Authorization=header)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("OIDC-BASIC-01")
def test_two_methods_at_once_are_refused(visitor: Browser) -> None:
    partner = make_partner()
    body = {"client_id": partner.party.client_id, "client_secret": str(partner.secret)}
    assert exchange(visitor, partner, body, **partner.basic()).status_code == 401


def test_two_secrets_overlap_and_no_third(visitor: Browser) -> None:
    partner = make_partner()
    row, second = add_secret(party=partner.party)
    with pytest.raises(RegistrationProblems):
        add_secret(party=partner.party)
    newer = Partner(partner.party, second)
    for one in (partner, newer):
        assert exchange(visitor, one, {}, **one.basic()).status_code == 200
    revoke_secret(secret=row)
    assert exchange(visitor, newer, {}, **newer.basic()).status_code == 401


@pytest.mark.requirement("OIDC-BASIC-03")
@pytest.mark.parametrize("algorithm", ["", "ES256", "PS256", "EdDSA"])
def test_the_id_tokens_algorithm(visitor: Browser, algorithm: str) -> None:
    fields = {"id_token_signed_response_alg": algorithm} if algorithm else {}
    token = visitor.tokens(make_partner(**fields), make_person())["id_token"]
    header = json.loads(urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header["alg"] == (algorithm or "RS256")
    assert visitor.claims(token)["sub"]


@pytest.mark.requirement("OIDC-BASIC-03")
@pytest.mark.parametrize("algorithm", ["none", "HS256", ""])
def test_an_unsigned_id_token_cannot_be_registered(visitor: Browser, algorithm: str) -> None:
    with pytest.raises(RegistrationProblems):
        make_partner(id_token_signed_response_alg=algorithm)
