"""The provider's metadata: only its own, only over safe addresses, fetched when needed and kept."""

from typing import Any

import pytest

from rp.client import discovery
from rp.client.discovery import Provider, is_safe_address
from rp.client.refused import ProviderUnreachable
from tests.unit.rp.provider import id_claims, public_keys, running_provider, signed

ISSUER = "https://provider.example/t/demo/"


class Documents:
    """Stands for the network; counts what is fetched."""

    def __init__(self, **changes: Any) -> None:
        self.fetched: list[str] = []
        self.metadata = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}jwks", **changes}
        self.keys: Any = public_keys().as_dict()
        self.away = False

    def __call__(self, url: str) -> dict[str, Any]:
        self.fetched.append(url)
        if self.away:
            raise ProviderUnreachable(url)
        return self.keys if url.endswith("jwks") else self.metadata


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Documents:
    made = Documents()
    monkeypatch.setattr(discovery, "_fetch", made)
    return made


def test_nothing_is_fetched_before_it_is_needed(documents: Documents):
    Provider(ISSUER)
    assert documents.fetched == []


def test_metadata_is_fetched_once(documents: Documents):
    provider = Provider(ISSUER)
    assert [provider.endpoint("jwks_uri") for _ in range(3)] == [f"{ISSUER}jwks"] * 3
    assert documents.fetched == [f"{ISSUER}.well-known/openid-configuration"]


@pytest.mark.parametrize("issuer", [ISSUER.rstrip("/"), "https://other.example/", None])
def test_metadata_of_another_issuer_is_refused(documents: Documents, issuer: str | None):
    documents.metadata["issuer"] = issuer
    with pytest.raises(ProviderUnreachable, match="another issuer"):
        Provider(ISSUER).metadata()


@pytest.mark.parametrize("url", ["http://provider.example/token", "", None, 7])
def test_an_unsafe_or_missing_endpoint_is_refused(documents: Documents, url: Any):
    documents.metadata["token_endpoint"] = url
    with pytest.raises(ProviderUnreachable, match="token_endpoint"):
        Provider(ISSUER).endpoint("token_endpoint")


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{"kty": "RSA"}]}, {"keys": None}])
def test_unusable_keys_are_refused(documents: Documents, keys: Any):
    documents.keys = keys
    with pytest.raises(ProviderUnreachable, match="keys"):
        Provider(ISSUER).keys_for(signed(id_claims(ISSUER)))


def test_a_new_key_is_looked_up_but_not_at_every_token(documents: Documents, monkeypatch: pytest.MonkeyPatch):
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    provider = Provider(ISSUER)
    provider.keys_for(signed(id_claims(ISSUER)))
    unknown = signed(id_claims(ISSUER), kid="new")
    provider.keys_for(unknown)
    assert documents.fetched.count(f"{ISSUER}jwks") == 1
    moment[0] += discovery.REFRESH_SECONDS
    provider.keys_for(unknown)
    provider.keys_for(unknown)
    assert documents.fetched.count(f"{ISSUER}jwks") == 2


def test_a_provider_that_does_not_answer_for_a_while_stays_known(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
):
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    provider = Provider(ISSUER)
    known, new = signed(id_claims(ISSUER)), signed(id_claims(ISSUER), kid="new")
    provider.keys_for(known)
    documents.away = True
    moment[0] += discovery.STALE_SECONDS - 1
    assert provider.keys_for(known)
    with pytest.raises(ProviderUnreachable):
        provider.keys_for(new)
    moment[0] += 1
    with pytest.raises(ProviderUnreachable):
        provider.keys_for(known)
    documents.away = False
    assert provider.keys_for(known)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://provider.example/", True),
        ("http://127.0.0.1:8000/", True),
        ("http://localhost:8000/", True),
        ("http://[::1]:8000/", True),
        ("http://provider.example/", False),
        ("http://localhost.evil.example/", False),
        ("file:///etc/hosts", False),
        ("https:///", False),
    ],
)
def test_addresses_are_https_or_on_this_machine(url: str, safe: bool):
    assert is_safe_address(url) is safe


def test_an_answer_that_is_no_metadata_is_refused():
    with running_provider() as provider, pytest.raises(ProviderUnreachable):
        Provider(f"{provider.issuer}nothing/").metadata()
