"""Access tokens opaque or as RFC 9068 JWTs; ID tokens and userinfo signed, and encrypted where asked."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from joserfc import jwe
from joserfc.jwk import Key

from authsvc.clients.problems import RegistrationProblems
from authsvc.oidc.models import Grant, Token
from tests.campaign import crossed
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.receiver import receiving
from tests.provider.tokens import key_set, new_key

MANAGED = ["RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
CONTENT = ["A256GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512"]


def header_of(token: str) -> dict:
    return dict(json.loads(urlsafe_b64decode(token.split(".")[0] + "==")))


def opened(text: str, key: Key, algorithm: str, encoding: str) -> str:
    header = header_of(text)
    assert (header["alg"], header["enc"], header["cty"]) == (algorithm, encoding, "JWT")
    plain = jwe.decrypt_compact(text, key, algorithms=[algorithm, encoding]).plaintext
    return (plain or b"").decode()


def encryption_key(algorithm: str) -> Key:
    return new_key("RS256" if algorithm.startswith("RSA") else "ES256", kid="enc")


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA"])
def test_a_jwt_access_token(visitor: Browser, algorithm: str) -> None:
    partner = make_partner(access_token_format="jwt", id_token_signed_response_alg=algorithm)
    tokens = visitor.tokens(partner, make_person(), scope="openid email")
    text = tokens["access_token"]
    assert header_of(text)["typ"] == "at+jwt"
    claims, identity = visitor.claims(text), visitor.claims(tokens["id_token"])
    for name in ("iss", "sub", "aud", "acr", "amr", "auth_time"):
        assert claims[name] == identity[name]
    assert claims["client_id"] == partner.party.client_id
    assert claims["scope"] == "openid email"
    assert claims["exp"] - claims["iat"] == tokens["expires_in"]
    assert claims["jti"]
    # It is alive only as long as its row: a good signature alone opens nothing here.
    assert visitor.userinfo(text).status_code == 200
    Token.objects.all().delete()
    assert visitor.userinfo(text).status_code == 401


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [("RS256", "sha256"), ("PS256", "sha256"), ("ES256", "sha256"), ("EdDSA", "sha512")],
)
def test_an_id_token_names_its_access_token(visitor: Browser, algorithm: str, digest: str) -> None:
    tokens = visitor.tokens(make_partner(id_token_signed_response_alg=algorithm), make_person())
    whole = hashlib.new(digest, tokens["access_token"].encode()).digest()
    expected = urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
    assert visitor.claims(tokens["id_token"])["at_hash"] == expected


@pytest.mark.requirement("S9.4-06")
def test_an_opaque_one_says_nothing_and_only_its_digest_is_kept(visitor: Browser) -> None:
    text = visitor.tokens(make_partner(), make_person())["access_token"]
    assert "." not in text
    assert len(text) == 43
    assert text not in str(list(Token.objects.values()))


@pytest.mark.requirement("S9.4-06")
def test_an_id_token_is_no_access_token(visitor: Browser) -> None:
    tokens = visitor.tokens(make_partner(access_token_format="jwt"), make_person())
    assert visitor.userinfo(tokens["id_token"]).status_code == 401


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize(
    ("algorithm", "encoding"),
    crossed({each: each for each in MANAGED}, {each or "none": each for each in ("", *CONTENT)}),
)
def test_an_encrypted_id_token(visitor: Browser, algorithm: str, encoding: str) -> None:
    key = encryption_key(algorithm)
    partner = make_partner(
        jwks=key_set(key, new_key(kid="other")),
        id_token_encrypted_response_alg=algorithm,
        id_token_encrypted_response_enc=encoding,
    )
    text = visitor.tokens(partner, make_person())["id_token"]
    signed = opened(text, key, algorithm, encoding or "A128CBC-HS256")
    assert header_of(signed)["alg"] == "RS256"
    assert visitor.claims(signed)["nonce"] == "nonce-1"


@pytest.mark.requirement("S9.4-06")
def test_encryption_to_a_key_behind_an_address(visitor: Browser) -> None:
    key, person = encryption_key("ECDH-ES"), make_person()
    with receiving() as receiver:
        receiver.body = json.dumps(key_set(key)).encode()
        partner = make_partner(jwks_uri=f"{receiver.url}/jwks", id_token_encrypted_response_alg="ECDH-ES")
        text = visitor.tokens(partner, person)["id_token"]
    assert opened(text, key, "ECDH-ES", "A128CBC-HS256")


@pytest.mark.requirement("S9.4-06", "S9.4-14")
def test_without_a_key_to_encrypt_to_nothing_is_said_and_the_code_is_not_lost(visitor: Browser) -> None:
    with receiving() as receiver:
        receiver.body = json.dumps(key_set(encryption_key("RSA-OAEP"))).encode()
        fields = {"jwks_uri": f"{receiver.url}/jwks", "id_token_encrypted_response_alg": "ECDH-ES"}
        partner = make_partner(**fields)
        code = visitor.sign_in(partner, make_person())["code"]
        refused = visitor.redeem(partner, code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert "encrypt" in refused.json()["error_description"]
    assert Grant.objects.get().code_redeemed_at is None
    assert Token.objects.count() == 0


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA"])
def test_signed_userinfo(visitor: Browser, algorithm: str) -> None:
    partner = make_partner(userinfo_signed_response_alg=algorithm)
    tokens = visitor.tokens(partner, make_person(), scope="openid profile")
    answer = visitor.userinfo(tokens["access_token"])
    assert answer["Content-Type"] == "application/jwt"
    assert header_of(answer.content.decode())["alg"] == algorithm
    claims, identity = visitor.claims(answer.content.decode()), visitor.claims(tokens["id_token"])
    for name in ("iss", "sub", "aud"):
        assert claims[name] == identity[name]
    assert claims["name"] == "Ada Example"
    assert "nonce" not in claims


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize("algorithm", ["RSA-OAEP-256", "ECDH-ES"])
def test_encrypted_userinfo_is_signed_first(visitor: Browser, algorithm: str) -> None:
    key = encryption_key(algorithm)
    fields = {"userinfo_encrypted_response_alg": algorithm, "userinfo_encrypted_response_enc": "A256GCM"}
    partner = make_partner(jwks=key_set(key), **fields)
    tokens = visitor.tokens(partner, make_person(), scope="openid profile")
    answer = visitor.userinfo(tokens["access_token"])
    assert answer["Content-Type"] == "application/jwt"
    assert visitor.claims(opened(answer.content.decode(), key, algorithm, "A256GCM"))["name"] == "Ada Example"


@pytest.mark.requirement("S9.4-06")
def test_encryption_without_a_key_cannot_be_registered(visitor: Browser) -> None:
    for fields in (
        {"id_token_encrypted_response_alg": "ECDH-ES"},
        {"id_token_encrypted_response_alg": "ECDH-ES", "jwks": key_set(new_key("RS256"))},
        {"id_token_encrypted_response_enc": "A256GCM"},
        {"userinfo_encrypted_response_alg": "dir"},
    ):
        with pytest.raises(RegistrationProblems):
            make_partner(**fields)
