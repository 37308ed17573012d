"""FAPI 2.0: private_key_jwt, its algorithm, audience, subject and times (OIDC-FAPI-09, S9.4-05)."""

import time
from typing import Any

import pytest

from tests.provider.browser import Browser
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder
from tests.provider.tokens import key_set, new_key, unsigned


def push(holder: KeyHolder, assertion: dict[str, str]) -> Any:
    return holder.visitor.http.post(f"{holder.visitor.root}par", {**holder.request(), **assertion})


def moved(changes: dict[str, Any]) -> dict[str, Any]:
    """Times are given in seconds from now."""
    moment = int(time.time())
    timed = {"exp", "iat", "nbf"}
    return {
        name: moment + value if name in timed and isinstance(value, int) else value
        for name, value in changes.items()
    }


@pytest.mark.requirement("OIDC-FAPI-09", "S9.4-05")
@pytest.mark.parametrize("changes", [{}, {"nbf": 0}, {"nbf": 8}, {"iat": 8}, {"iat": None}, {"exp": 290}])
def test_assertions_that_count(holder: KeyHolder, changes: dict[str, Any]) -> None:
    assert push(holder, holder.assertion(**moved(changes))).status_code == 201


@pytest.mark.requirement("OIDC-FAPI-09", "S9.4-05")
@pytest.mark.parametrize(
    "changes",
    [
        {"exp": -60},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 24 * 3600},
        {"nbf": 60},
        {"nbf": "x"},
        {"iat": 24 * 3600},
        {"sub": None},
        {"sub": "another"},
        {"sub": 7},
        {"iss": None},
        {"iss": "another"},
        {"aud": None},
        {"aud": "https://another.example/"},
        {"aud": 7},
        {"jti": None},
        {"jti": ""},
    ],
)
def test_assertions_that_do_not_count(holder: KeyHolder, changes: dict[str, Any]) -> None:
    refused = push(holder, holder.assertion(**moved(changes)))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("OIDC-CIBA-01", "S9.4-05")
@pytest.mark.parametrize("fields", [{}, PROFILE])
def test_the_backchannel_endpoint_may_be_named_there_and_nowhere_else(
    visitor: Browser, fields: dict[str, Any]
) -> None:
    holder = KeyHolder(visitor, {**fields, "backchannel_token_delivery_mode": "poll"})
    named = holder.url("backchannel-authentication")

    def said(endpoint: str, audience: Any) -> str:
        body = holder.assertion(aud=audience)
        return str(visitor.http.post(f"{visitor.root}{endpoint}", body).json()["error"])

    assert said("backchannel-authentication", named) == "invalid_request"
    assert said("backchannel-authentication", holder.issuer) == "invalid_request"
    several = "invalid_client" if fields else "invalid_request"
    assert said("backchannel-authentication", [named, holder.issuer]) == several
    assert said("backchannel-authentication", "https://another.example/") == "invalid_client"
    for endpoint in ("token", "par", "revoke", "introspect"):
        assert said(endpoint, named) == "invalid_client"


@pytest.mark.requirement("OIDC-FAPI-09")
def test_the_audience_is_the_issuer_alone(holder: KeyHolder) -> None:
    for audience in (
        [holder.issuer],
        [holder.issuer, "https://another.example/"],
        holder.url("token"),
        holder.url("par"),
        holder.issuer.rstrip("/"),
    ):
        assert push(holder, holder.assertion(aud=audience)).status_code == 401
    assert push(holder, holder.assertion()).status_code == 201


@pytest.mark.requirement("S9.4-05")
@pytest.mark.parametrize("endpoint", ["token", "par", "introspect", "revoke"])
def test_p08_several_names_of_this_provider_side_by_side(visitor: Browser, endpoint: str) -> None:
    """As openid-client up to 5.6 and others write it; never where somebody else is named too."""
    holder = KeyHolder(visitor)
    issuer, token, par = holder.issuer, holder.url("token"), holder.url("par")

    def counts(audience: Any, **changes: Any) -> bool:
        body = {"token": "x", "grant_type": "x", **holder.assertion(aud=audience, **changes)}
        return visitor.http.post(f"{visitor.root}{endpoint}", body).status_code != 401

    taken: list[Any] = [
        issuer,
        [issuer],
        [issuer, token],
        [token, issuer],
        token,
        [token],
        [issuer, token, par],
    ]
    for audience in [*taken, par]:
        assert counts(audience), audience
    moment = time.time()
    # Times with fractions, a beginning, and claims that nobody asked for.
    assert counts([issuer, token], iat=moment, exp=moment + 59.5, nbf=moment, extra=[1], auth_time=1)
    other = "https://another.example/"
    refused: list[Any] = [
        [issuer, other],
        [other, token],
        [],
        [issuer, 7],
        [issuer, None],
        [[issuer]],
    ]
    refused += [
        {"a": 1},
        issuer.rstrip("/"),
        [issuer.rstrip("/"), token],
        [f"{issuer} {token}"],
        [issuer, ""],
        True,
    ]
    for audience in refused:
        assert not counts(audience), audience


@pytest.mark.requirement("OIDC-FAPI-09")
def test_rs256_is_refused_and_ps256_is_not(visitor: Browser) -> None:
    key = new_key("RS256")
    holder = KeyHolder(visitor, {**PROFILE, "jwks": key_set(key)}, key=key)
    assert push(holder, holder.assertion(algorithm="RS256")).status_code == 401
    assert push(holder, holder.assertion(algorithm="PS256")).status_code == 201


@pytest.mark.requirement("OIDC-FAPI-09")
def test_only_a_registered_key_and_only_once(holder: KeyHolder) -> None:
    assert push(holder, holder.assertion(key=new_key(kid="client"))).status_code == 401
    assert push(holder, holder.assertion(key=new_key(kid="other"))).status_code == 401
    good = holder.assertion()
    none = {**good, "client_assertion": unsigned(good["client_assertion"])}
    assert push(holder, none).status_code == 401
    assert [push(holder, good).status_code for _ in range(2)] == [201, 401]


@pytest.mark.requirement("OIDC-FAPI-09")
def test_an_assertion_of_another_client_or_none(visitor: Browser, holder: KeyHolder) -> None:
    other = KeyHolder(visitor, PROFILE)
    mixed = {**other.assertion(), "client_id": holder.name}
    assert push(holder, mixed).status_code == 401
    assert push(holder, {"client_id": holder.name}).status_code == 401
    secret = {"client_id": holder.name, "client_secret": "x"}
    assert push(holder, secret).status_code == 401


@pytest.mark.requirement("OIDC-FAPI-07", "OIDC-FAPI-09")
def test_an_assertion_and_a_proof_count_once_each_in_whatever_company(holder: KeyHolder) -> None:
    """Both are noted by one statement, which says of each whether it was new."""
    assertion, proof = holder.assertion(), holder.proof("par")

    def push_with(given: dict[str, str], text: str) -> tuple[int, str]:
        answer = holder.push(dpop=text, **given)
        return answer.status_code, answer.json().get("error", "")

    assert push_with(assertion, proof) == (201, "")
    assert push_with(assertion, holder.proof("par")) == (401, "invalid_client")
    assert push_with(holder.assertion(), proof) == (400, "invalid_dpop_proof")
    assert push_with(assertion, proof) == (401, "invalid_client")


@pytest.mark.requirement("OIDC-FAPI-09")
def test_an_assertion_beside_a_proof_that_does_not_count_is_used_up(holder: KeyHolder) -> None:
    assertion = holder.assertion()
    refused = holder.push(dpop=holder.proof("token"), **assertion)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    again = holder.push(dpop=holder.proof("par"), **assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("OIDC-FAPI-09")
@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_an_assertion_counts_once_where_no_proof_is_taken(holder: KeyHolder, endpoint: str) -> None:
    body = {**holder.assertion(), "token": "any"}
    assert [holder.post(endpoint, body).status_code for _ in range(2)] == [200, 401]
