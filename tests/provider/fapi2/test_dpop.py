"""FAPI 2.0: DPoP proofs, their clock and their nonce (RFC 9449)."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws

from authsvc.core.clock import now
from authsvc.core.ids import new_id
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder, proof
from tests.provider.tokens import new_key, signed, unsigned


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"iat": -10},
        {"iat": 9},
        {"nbf": -300, "exp": 300},
        {"nbf": 300, "exp": -300},
        {"extra": 1},
    ],
)
def test_proofs_that_count(holder: KeyHolder, claims: dict[str, Any]) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    moment = int(time.time())
    timed: dict[str, Any] = {
        name: moment + value if name in {"iat", "nbf", "exp"} else value for name, value in claims.items()
    }
    assert holder.redeem(code, dpop=holder.proof("token", **timed)).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize("address", ["HTTP://LOCALHOST:8000", "http://localhost:8000"])
def test_the_address_is_compared_as_an_address(holder: KeyHolder, address: str) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    url = f"{address}{holder.visitor.root}token?query#part"
    assert holder.redeem(code, dpop=proof(holder.dpop, "POST", url)).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": None},
        {"htu": "http://localhost:8000/t/other/token"},
        {"htu": None},
        {"htu": 7},
        {"htu": "http://[::1"},
        {"jti": None},
        {"jti": 7},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
    ],
)
def test_proofs_that_do_not_count(holder: KeyHolder, changes: dict[str, Any]) -> None:
    refused = holder.redeem("any", dpop=holder.proof("token", **changes))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize("iat", [-60, -30, 30, 10**18])
def test_a_clock_that_is_wrong_is_answered_with_a_nonce(holder: KeyHolder, iat: int) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    wrong = int(time.time()) + iat
    first = holder.redeem(code, dpop=holder.proof("token", iat=wrong))
    assert first.json()["error"] in {"use_dpop_nonce", "invalid_dpop_proof"}
    if "DPoP-Nonce" not in first:
        return
    bad = holder.redeem(code, dpop=holder.proof("token", iat=wrong, nonce="made-up"))
    assert bad.json()["error"] == "use_dpop_nonce"
    good = holder.redeem(code, dpop=holder.proof("token", iat=wrong, nonce=first["DPoP-Nonce"]))
    assert good.status_code == 200


@pytest.mark.requirement("OIDC-FAPI-07")
def test_a_nonce_belongs_to_its_tenant_and_its_time(holder: KeyHolder, monkeypatch) -> None:
    nonce = holder.redeem("any", dpop=holder.proof("token", iat=1))["DPoP-Nonce"]
    later = now() + timedelta(seconds=200)
    monkeypatch.setattr("authsvc.oidc.proofs.dpop.now", lambda: later)
    stale = holder.redeem("any", dpop=holder.proof("token", nonce=nonce))
    assert stale.json()["error"] == "use_dpop_nonce"
    assert stale["DPoP-Nonce"] != nonce


@pytest.mark.requirement("OIDC-FAPI-07")
def test_a_proof_counts_once(holder: KeyHolder) -> None:
    token = holder.tokens(make_person())["access_token"]
    text = holder.proof("userinfo", "GET", token=token)
    assert [holder.userinfo(token, dpop=text).status_code for _ in range(2)] == [200, 401]
    # The identifier is the key's own: another key may use the same one.
    same = {"jti": new_id()}
    other = KeyHolder(holder.visitor, PROFILE)
    for one in (holder, other):
        pushed = one.push(dpop=one.proof("par", **same))
        assert pushed.status_code == 201


@pytest.mark.requirement("OIDC-FAPI-07")
def test_a_proof_for_another_token_or_key(holder: KeyHolder) -> None:
    token = holder.tokens(make_person())["access_token"]
    for changes in ({"ath": None}, {"token": "another"}, {"ath": "AAAA"}):
        given: dict[str, Any] = {"token": token, **changes}
        refused = holder.userinfo(token, dpop=holder.proof("userinfo", "GET", **given))
        assert refused.status_code == 401
        assert refused["WWW-Authenticate"].startswith("DPoP ")
        assert 'error="invalid_dpop_proof"' in refused["WWW-Authenticate"]


@pytest.mark.requirement("OIDC-FAPI-07")
def test_a_resource_asks_for_a_nonce_in_its_challenge(holder: KeyHolder) -> None:
    token = holder.tokens(make_person())["access_token"]
    old = int(time.time()) - 100
    asked = holder.userinfo(token, dpop=holder.proof("userinfo", "GET", token=token, iat=old))
    assert (asked.status_code, asked.json()["error"]) == (401, "use_dpop_nonce")
    assert 'DPoP error="use_dpop_nonce"' in asked["WWW-Authenticate"]
    nonce = asked["DPoP-Nonce"]
    again = holder.userinfo(token, dpop=holder.proof("userinfo", "GET", token=token, iat=old, nonce=nonce))
    assert again.status_code == 200


@pytest.mark.requirement("OIDC-FAPI-07")
def test_proofs_of_the_wrong_form(holder: KeyHolder) -> None:
    good = holder.proof("token")
    claims = {"jti": new_id(), "htm": "POST", "htu": holder.url("token"), "iat": int(time.time())}
    private = holder.dpop.as_dict(private=True)
    public = {name: value for name, value in holder.dpop.as_dict(private=False).items() if name != "kid"}
    broken = [
        "",
        "nonsense",
        "a.b.c",
        unsigned(good),
        good[:-4],
        f"{good},{good}",
        signed(claims, holder.dpop, typ="JWT", jwk=public),
        signed(claims, holder.dpop, typ="dpop+jwt"),
        signed(claims, holder.dpop, typ="dpop+jwt", jwk=private),
        signed(claims, new_key(), typ="dpop+jwt", jwk=public),
        signed(claims, holder.dpop, typ="dpop+jwt", jwk={"kty": "EC"}),
    ]
    for text in broken:
        refused = holder.visitor.http.post(
            f"{holder.visitor.root}token",
            {**holder.assertion(), "grant_type": "authorization_code", "code": "x"},
            headers={"DPoP": text},
        )
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof"), text


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_each_kind_of_key(visitor: Browser, algorithm: str) -> None:
    holder = KeyHolder(visitor, PROFILE, dpop=new_key(algorithm))
    assert holder.userinfo(holder.tokens(make_person())["access_token"]).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-07")
def test_rs256_does_not_count(holder: KeyHolder) -> None:
    key = new_key("RS256")
    public = {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}
    claims = {"jti": new_id(), "htm": "POST", "htu": holder.url("token"), "iat": int(time.time())}
    refused = holder.redeem("any", dpop=signed(claims, key, algorithm="RS256", typ="dpop+jwt", jwk=public))
    assert refused.json()["error"] == "invalid_dpop_proof"


@pytest.mark.requirement("OIDC-FAPI-07")
def test_header_parameters_that_are_not_known_break_nothing(holder: KeyHolder) -> None:
    public = {name: value for name, value in holder.dpop.as_dict(private=False).items() if name != "kid"}
    claims = {"jti": new_id(), "htm": "POST", "htu": holder.url("par"), "iat": int(time.time())}
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public, "extra": {"a": 1}}
    extra = jws.serialize_compact(header, json.dumps(claims), holder.dpop, registry=registry)
    assert holder.push(dpop=extra).status_code == 201


def test_an_ordinary_client_may_bind_its_tokens_too(visitor: Browser) -> None:
    partner, key = make_partner(), new_key()
    code = visitor.sign_in(partner, make_person())["code"]
    url = f"http://localhost:8000{visitor.root}token"
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": partner.party.redirect_uris[0]}
    headers = {**partner.basic(), "DPoP": proof(key, "POST", url)}
    answer = visitor.http.post(f"{visitor.root}token", body, headers=headers)
    assert answer.json()["token_type"] == "DPoP"
    assert visitor.userinfo(answer.json()["access_token"]).status_code == 401
