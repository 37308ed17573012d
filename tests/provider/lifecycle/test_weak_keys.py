"""T23: a key that may not be registered is not taken from anywhere else either."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import Key, RSAKey

from authsvc.clients.validation.credentials import problem_of_key
from authsvc.oidc.models import Provider
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.provider import forget_options, provider_options
from authsvc.oidc.proofs.client_keys import parse_keys
from tests.provider.browser import Browser
from tests.provider.proofs import KeyHolder, proof
from tests.provider.receiver import Receiver, receiving
from tests.provider.tokens import key_set, signed


def weak(bits: int = 1024) -> Key:
    with warnings.catch_warnings(action="ignore"):
        return RSAKey.generate_key(bits, {"kid": "weak"})


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOW_LOOPBACK_FETCH = True
    with receiving() as made:
        yield made


def test_t23_a_weak_key_behind_a_jwks_uri(visitor: Browser, receiver: Receiver) -> None:
    key = weak()
    holder = KeyHolder(visitor, {"jwks": None, "jwks_uri": f"{receiver.url}/jwks"})
    receiver.body = json.dumps(key_set(key, holder.key)).encode()
    refused = holder.post("token", {**holder.assertion(key=key, algorithm="PS256"), "grant_type": "x"})
    assert refused.json()["error"] == "invalid_client"
    # The good key beside it counts.
    assert holder.post("token", {"grant_type": "x"}).json()["error"] == "unsupported_grant_type"


def test_t23_a_weak_key_registered_by_value_before(visitor: Browser) -> None:
    key = weak(1536)
    holder = KeyHolder(visitor)
    holder.partner.party.jwks = key_set(key)
    holder.partner.party.save()
    refused = holder.post("token", {**holder.assertion(key=key, algorithm="RS256"), "grant_type": "x"})
    assert refused.json()["error"] == "invalid_client"


def test_t23_a_weak_key_in_a_dpop_proof(visitor: Browser) -> None:
    holder = KeyHolder(visitor)
    pushed = holder.push(dpop=proof(weak(), "POST", holder.url("par")))
    assert pushed.json()["error"] == "invalid_dpop_proof"


def test_t23_a_weak_key_of_software_statements(visitor: Browser) -> None:
    key = weak()
    set_options(dynamic_registration=True, open_registration=True)
    provider_options()
    Provider.objects.update(statement_issuers={"https://authority.example": key_set(key)})
    forget_options()
    statement = signed({"iss": "https://authority.example"}, key, algorithm="RS256")
    document = {"redirect_uris": ["https://partner.example/callback"], "software_statement": statement}
    answer = visitor.http.post(f"{visitor.root}register", document, content_type="application/json")
    assert answer.json()["error"] == "invalid_software_statement"


@pytest.mark.parametrize(
    "document",
    [
        {"kty": []},
        {"kty": {"a": 1}},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": ["P-256"], "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": None},
        [],
        None,
    ],
)
def test_t23_what_is_no_key_is_a_problem_and_no_error(document: Any) -> None:
    assert problem_of_key(document)
    assert parse_keys([document], unwanted="enc") == []


values = st.none() | st.integers() | st.text(max_size=10) | st.lists(st.text(max_size=3), max_size=2)
members = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "kid", "alg", "x5c", "key_ops"])


@given(st.dictionaries(members, values), st.sampled_from(["RSA", "EC", "OKP", None]))
def test_t23_whatever_a_key_set_holds_is_read_or_left_out(document: dict[str, Any], kty: str | None) -> None:
    document = document if kty is None else {**document, "kty": kty}
    parse_keys([document], unwanted="enc")
