"""Authlib's client: PKCE, each way to prove itself, refresh, introspection and revocation."""

from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from devtools.phone.sandbox import go
from tests.journeys.clients.conftest import Provider

pytestmark = pytest.mark.e2e
SCOPE = "openid email offline_access"


class MinuteAssertion(PrivateKeyJWT):
    """An assertion for a minute: by default Authlib's live for an hour, which is refused (S9.4-05)."""

    def sign(self, auth: OAuth2Session, token_endpoint: str) -> bytes:
        return private_key_jwt_sign(
            RSAKey.import_key(auth.client_secret),
            auth.client_id,
            token_endpoint,
            header={"kid": "authlib"},
            expires_in=60,
        )


def discovered(provider: Provider) -> dict[str, Any]:
    """The provider's metadata, by RFC 8414's path form too."""
    openid = requests.get(f"{provider.issuer}.well-known/openid-configuration", timeout=10).json()
    root, _, path = provider.issuer.partition("/t/")
    oauth = requests.get(f"{root}/.well-known/oauth-authorization-server/t/{path}", timeout=10).json()
    assert openid == oauth
    return dict(openid)


def session(provider: Provider, found: dict[str, Any], method: str) -> OAuth2Session:
    """A relying party of the tenant that authenticates by this method."""
    if method == "private_key_jwt":
        return key_session(provider, found)
    name = "client_secret_post" if method == "client_secret_post" else "client"
    return OAuth2Session(
        **provider.plans["basic"][name],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        redirect_uri=provider.callback,
        scope=SCOPE,
        code_challenge_method="S256",
    )


def key_session(provider: Provider, found: dict[str, Any]) -> OAuth2Session:
    """A relying party that signs assertions; Authlib addresses them to the token endpoint."""
    key = RSAKey.generate_key(2048, {"kid": "authlib", "use": "sig"})
    public = {"keys": [key.as_dict(private=False)]}
    client_id = provider.stack.python(
        "from authsvc.clients.services import register\n"
        f"party, _ = register(name='Authlib', redirect_uris=[{provider.callback!r}], jwks={public!r},\n"
        "    token_endpoint_auth_method='private_key_jwt', offline_access=True,\n"
        "    scopes=['openid', 'email', 'offline_access'])\n"
        "print(json.dumps(party.client_id))",
        tenant="conformance",
    )
    made = OAuth2Session(
        client_id,
        key.as_pem(private=True).decode(),
        token_endpoint_auth_method="private_key_jwt",
        revocation_endpoint_auth_method="private_key_jwt",
        redirect_uri=provider.callback,
        scope=SCOPE,
        code_challenge_method="S256",
    )
    made.register_client_auth_method(MinuteAssertion(found["token_endpoint"]))
    return made


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_it_signs_in_refreshes_and_revokes(provider: Provider, method: str) -> None:
    found = discovered(provider)
    client = session(provider, found, method)
    url, state = client.create_authorization_url(
        found["authorization_endpoint"], nonce="n-1", prompt="consent", code_verifier="v" * 64
    )
    answer = go(url, provider.callback)
    tokens = client.fetch_token(
        found["token_endpoint"], authorization_response=answer, state=state, code_verifier="v" * 64
    )
    claims = verified(found, tokens["id_token"])
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (provider.issuer, client.client_id, "n-1")
    said = client.get(found["userinfo_endpoint"]).json()
    assert (said["sub"], said["email"]) == (claims["sub"], "test-person-1@test.example")

    renewed = client.refresh_token(found["token_endpoint"], refresh_token=tokens["refresh_token"])
    later = verified(found, renewed["id_token"])
    assert (later["sub"], later["auth_time"]) == (claims["sub"], claims["auth_time"])
    told = client.introspect_token(found["introspection_endpoint"], token=renewed["access_token"]).json()
    assert (told["active"], told["sub"]) == (True, claims["sub"])
    assert (
        client.revoke_token(found["revocation_endpoint"], token=renewed["refresh_token"]).status_code == 200
    )
    assert client.get(found["userinfo_endpoint"]).status_code == 401


def verified(found: dict[str, Any], id_token: str) -> dict[str, Any]:
    """The claims of an ID token, by the published keys and joserfc's own rules."""
    keys = KeySet.import_key_set(requests.get(found["jwks_uri"], timeout=10).json())
    return dict(jwt.decode(id_token, keys, algorithms=["RS256"]).claims)
