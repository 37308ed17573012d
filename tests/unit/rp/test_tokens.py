"""Which ID tokens, logout tokens and results of liveness are refused, and why."""

import base64
import hmac
import time
from typing import Any

import pytest

from rp.client.refused import Refused
from rp.client.tokens import (
    LIVENESS_TYPE,
    Party,
    UnknownKey,
    check_id_token,
    check_liveness,
    check_logout_token,
)
from tests.unit.rp.provider import (
    CLIENT_ID,
    RSA,
    STRANGER,
    id_claims,
    logout_claims,
    public_keys,
    signed,
    unsigned,
)

ISSUER = "https://provider.example/t/demo/"
PARTY = Party(ISSUER, CLIENT_ID)
KEYS = public_keys()


def check(token: str, *, nonce: str = "n1") -> dict[str, Any]:
    return check_id_token(token, KEYS, PARTY, nonce=nonce, now=time.time())


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_good_id_token_is_accepted(alg: str):
    assert check(signed(id_claims(ISSUER, nonce="n1"), alg=alg))["acr"] == "urn:visor:L2"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example/"}, "iss"),
        ({"iss": ISSUER.rstrip("/")}, "iss"),
        ({"aud": "somebody"}, "aud"),
        ({"aud": [CLIENT_ID, "somebody"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"azp": "somebody"}, "azp"),
        ({"nonce": "n2"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, "exp is missing"),
        ({"exp": True}, "exp is missing"),
        ({"iat": int(time.time()) + 3600}, "future"),
        ({"sub": None}, "sub"),
    ],
)
def test_an_id_token_with_a_wrong_claim_is_refused(changes: dict[str, Any], reason: str):
    claims = id_claims(ISSUER, **{"nonce": "n1", **changes})
    with pytest.raises(Refused, match=reason):
        check(signed(claims))


def test_a_sign_in_without_a_nonce_accepts_nothing():
    with pytest.raises(Refused, match="nonce"):
        check(signed(id_claims(ISSUER, nonce="")), nonce="")


def test_another_signature_is_refused():
    with pytest.raises(Refused, match="signature"):
        check(signed(id_claims(ISSUER, nonce="n1"), key=STRANGER))


def test_changed_claims_are_refused():
    header, _, signature = signed(id_claims(ISSUER, nonce="n1")).split(".")
    _, payload, _ = signed(id_claims(ISSUER, nonce="n1", acr="urn:visor:L4"), key=STRANGER).split(".")
    with pytest.raises(Refused, match="signature"):
        check(f"{header}.{payload}.{signature}")


def test_alg_none_is_refused():
    with pytest.raises(Refused, match="alg 'none'"):
        check(unsigned(id_claims(ISSUER, nonce="n1")))


def test_hmac_with_the_public_key_is_refused():
    message = unsigned(id_claims(ISSUER, nonce="n1"), alg="HS256", kid="rsa").rstrip(".")
    mac = hmac.digest(RSA.as_pem(private=False), message.encode(), "sha256")
    with pytest.raises(Refused, match="alg 'HS256'"):
        check(f"{message}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


def test_an_unknown_key_is_told_apart_so_that_keys_can_be_fetched_again():
    with pytest.raises(UnknownKey):
        check(signed(id_claims(ISSUER, nonce="n1"), kid="new"))


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "e30.e30.", "\u00e9.a.b"])
def test_what_is_no_token_is_refused(token: str):
    with pytest.raises(Refused):
        check(token)


def logout(**changes: Any) -> dict[str, Any]:
    token = signed(logout_claims(ISSUER, **changes), typ="logout+jwt")
    return check_logout_token(token, KEYS, PARTY, now=time.time())


@pytest.mark.parametrize("changes", [{}, {"sid": None, "sub": "s"}, {"sub": "s"}, {"aud": [CLIENT_ID]}])
def test_a_good_logout_token_is_accepted(changes: dict[str, Any]):
    assert logout(**changes)["jti"] == "logout-1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example/"}, "iss"),
        ({"aud": "somebody"}, "aud"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": int(time.time()) - 3600}, "iat"),
        ({"iat": int(time.time()) + 3600}, "iat"),
        ({"iat": None}, "iat"),
        ({"events": None}, "logout event"),
        ({"events": {"http://schemas.openid.net/event/other": {}}}, "logout event"),
        ({"events": ["http://schemas.openid.net/event/backchannel-logout"]}, "logout event"),
        ({"nonce": "n1"}, "nonce"),
        ({"sid": None}, "sid"),
        ({"sid": 7}, "sid"),
        ({"jti": None}, "jti"),
    ],
)
def test_a_logout_token_with_a_wrong_claim_is_refused(changes: dict[str, Any], reason: str):
    with pytest.raises(Refused, match=reason):
        logout(**changes)


def test_an_id_token_is_no_logout_token():
    with pytest.raises(Refused):
        check_logout_token(signed(id_claims(ISSUER)), KEYS, PARTY, now=time.time())


def test_another_typ_is_refused():
    token = signed(logout_claims(ISSUER), typ="at+jwt")
    with pytest.raises(Refused, match="typ"):
        check_logout_token(token, KEYS, PARTY, now=time.time())


# ---- a result of liveness
SESSION, JKT = "session-1", "k" * 43


def result(**changes: Any) -> dict[str, Any]:
    """A good result's claims, changed."""
    moment = int(time.time())
    usual = {"iss": ISSUER, "aud": CLIENT_ID, "iat": moment, "exp": moment + 60, "jti": SESSION}
    whole = {**usual, "cnf": {"jkt": JKT}, "pad": "accepted", "iad": "accepted", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def check_result(token: str, *, typ: str = LIVENESS_TYPE) -> dict[str, Any]:
    named = {"session": SESSION, "jkt": JKT, "typ": typ}
    return check_liveness(token, KEYS, PARTY, now=time.time(), **named)


def test_a_good_result_is_accepted():
    assert check_result(signed(result(), typ=LIVENESS_TYPE))["pad"] == "accepted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example/"}, "iss"),
        ({"aud": "somebody"}, "aud"),
        ({"aud": [CLIENT_ID, "somebody"]}, "aud"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, "exp is missing"),
        ({"jti": "session-2"}, "another session"),
        ({"cnf": {"jkt": "o" * 43}}, "another key"),
        ({"cnf": None}, "another key"),
    ],
)
def test_a_result_for_something_else_is_refused(changes: dict[str, Any], reason: str):
    with pytest.raises(Refused, match=reason):
        check_result(signed(result(**changes), typ=LIVENESS_TYPE))


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize("typ", ["visor-liveness-sandbox+jwt", "JWT", "at+jwt"])
def test_what_a_developer_chose_and_every_other_token_is_no_result(typ: str):
    with pytest.raises(Refused, match="typ"):
        check_result(signed(result(), typ=typ))


def test_a_strangers_result_is_refused():
    with pytest.raises(Refused):
        check_result(signed(result(), key=STRANGER, typ=LIVENESS_TYPE))
