"""FAPI 2.0 Message Signing: signed request objects, and nothing from outside them (RFC 9101)."""

import time
from typing import Any

import pytest

from tests.provider.browser import Browser, make_person
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder
from tests.provider.tokens import key_set, new_key, unsigned


@pytest.fixture
def holder(visitor: Browser) -> KeyHolder:
    return KeyHolder(visitor, {**PROFILE, "require_signed_request_object": True})


def push(holder: KeyHolder, text: str, **beside: str) -> Any:
    return holder.post("par", {"request": text, **beside})


def moved(changes: dict[str, Any]) -> dict[str, Any]:
    """Times are given in seconds from now."""
    moment = int(time.time())
    timed = {"exp", "iat", "nbf"}
    return {
        name: moment + value if name in timed and isinstance(value, int) else value
        for name, value in changes.items()
    }


@pytest.mark.requirement("OIDC-MESSAGE-01")
@pytest.mark.parametrize("changes", [{}, {"nbf": 8}, {"nbf": -3500, "exp": 60}, {"iat": None}, {"jti": "x"}])
def test_objects_that_count(holder: KeyHolder, changes: dict[str, Any]) -> None:
    answer = holder.answer(make_person(), push(holder, holder.request_object(**moved(changes))))
    assert answer["state"] == "state-1"
    assert holder.redeem(answer["code"]).status_code == 200


@pytest.mark.requirement("OIDC-MESSAGE-01")
def test_several_audiences_may_hold_the_issuer(holder: KeyHolder) -> None:
    both = holder.request_object(aud=[holder.issuer, "https://another.example/"])
    assert push(holder, both).status_code == 201


@pytest.mark.requirement("OIDC-MESSAGE-01")
@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": -60},
        {"exp": "soon"},
        {"exp": 3700},
        {"nbf": None},
        {"nbf": 60},
        {"nbf": -3700},
        {"aud": None},
        {"aud": "https://another.example/"},
        {"iss": "another"},
        {"client_id": "another"},
        {"request": "x"},
        {"request_uri": "https://partner.example/"},
    ],
)
def test_objects_that_do_not_count(holder: KeyHolder, changes: dict[str, Any]) -> None:
    refused = push(holder, holder.request_object(**moved(changes)))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request_object")


@pytest.mark.requirement("OIDC-MESSAGE-01")
def test_signatures_that_do_not_count(visitor: Browser, holder: KeyHolder) -> None:
    good = holder.request_object()
    rsa = new_key("RS256", kid="rsa")
    weak = KeyHolder(visitor, {**PROFILE, "jwks": key_set(rsa)}, key=rsa)
    for one, text in (
        (holder, unsigned(good)),
        (holder, good[:-4]),
        (holder, "nonsense"),
        (holder, holder.request_object(key=new_key(kid="client"))),
        (holder, holder.request_object(key=new_key(kid="unknown"))),
        (weak, weak.request_object(algorithm="RS256")),
    ):
        body = {"request": text, **one.assertion(algorithm="PS256" if one is weak else "ES256")}
        refused = visitor.http.post(f"{visitor.root}par", body)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request_object")


@pytest.mark.requirement("OIDC-MESSAGE-01")
def test_a_request_that_is_not_signed_is_refused(holder: KeyHolder) -> None:
    assert holder.push().json()["error"] == "invalid_request"


@pytest.mark.requirement("OIDC-MESSAGE-02")
def test_values_outside_never_fill_gaps(holder: KeyHolder) -> None:
    for gap, value in (
        ("redirect_uri", holder.partner.party.redirect_uris[0]),
        ("scope", "openid"),
        ("code_challenge", holder.visitor.pkce()["code_challenge"]),
        ("response_type", "code"),
    ):
        without: dict[str, Any] = {gap: None}
        refused = push(holder, holder.request_object(**without), **{gap: value})
        assert refused.status_code == 400


@pytest.mark.requirement("OIDC-MESSAGE-02")
def test_values_outside_change_nothing(holder: KeyHolder) -> None:
    inside = holder.request_object(state=None)
    pushed = push(holder, inside, state="outside", nonce="outside", scope="openid email")
    answer = holder.answer(make_person(), pushed)
    assert "state" not in answer
    tokens = holder.redeem(answer["code"]).json()
    assert tokens["scope"] == "openid"
    assert holder.visitor.claims(tokens["id_token"])["nonce"] == "nonce-1"
