"""Config OP: metadata are complete and true, and are served from memory with validators."""

from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from authsvc.core.remembered import forget_everything
from authsvc.oidc.wire.addresses import issuer_of
from tests.provider.browser import Browser

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "scopes_supported",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "claims_supported",
    "grant_types_supported",
    "acr_values_supported",
    "code_challenge_methods_supported",
}


def read(visitor: Browser, path: str = "") -> dict:
    answer = visitor.http.get(path or f"{visitor.root}.well-known/openid-configuration")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    return dict(answer.json())


@pytest.mark.requirement("OIDC-CONFIG-01", "SB-06")
def test_metadata_are_complete_and_every_endpoint_exists(visitor: Browser) -> None:
    said = read(visitor)
    assert set(said) >= REQUIRED
    assert said["issuer"] == issuer_of(visitor.tenant)
    for name, address in said.items():
        if name.endswith(("_endpoint", "jwks_uri")):
            assert address.startswith(said["issuer"])
            resolve(urlsplit(address).path)
    assert "none" not in said["id_token_signing_alg_values_supported"]
    assert "RS256" in said["id_token_signing_alg_values_supported"]
    assert said["authorization_response_iss_parameter_supported"] is True


@pytest.mark.requirement("OIDC-CONFIG-01")
def test_the_other_forms_of_the_address_say_the_same(visitor: Browser) -> None:
    said = read(visitor)
    for kind in ("oauth-authorization-server", "openid-configuration"):
        assert read(visitor, f"/.well-known/{kind}{visitor.root}") == said
        assert read(visitor, f"/.well-known/{kind}{visitor.root.rstrip('/')}") == said


@pytest.mark.requirement("OIDC-CONFIG-01")
def test_the_key_set_is_public_named_and_for_signing(visitor: Browser) -> None:
    keys = visitor.http.get(f"{visitor.root}jwks").json()["keys"]
    assert {"RS256", "ES256"} <= {key["alg"] for key in keys}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)


@pytest.mark.requirement("SB-06")
def test_certificates_are_offered_only_behind_a_trusted_proxy(visitor: Browser) -> None:
    assert "tls_client_auth" not in read(visitor)["token_endpoint_auth_methods_supported"]
    with override_settings(TRUSTED_PROXIES=["127.0.0.1"]):
        forget_everything()
        assert "tls_client_auth" in read(visitor)["token_endpoint_auth_methods_supported"]


@pytest.mark.parametrize("document", [".well-known/openid-configuration", "jwks"])
def test_documents_come_from_memory_with_an_etag(visitor: Browser, document: str) -> None:
    # The first answer makes the tenant's keys, which can take longer than the tenant is remembered.
    visitor.http.get(f"{visitor.root}{document}")
    first = visitor.http.get(f"{visitor.root}{document}")
    assert "max-age=3600" in first["Cache-Control"]
    with CaptureQueriesContext(connection) as captured:
        again = visitor.http.get(f"{visitor.root}{document}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert [query["sql"] for query in captured if "set_config" not in query["sql"]] == []


def test_an_unknown_tenant_has_no_metadata(visitor: Browser) -> None:
    assert visitor.http.get("/t/nobody/.well-known/openid-configuration").status_code == 404
