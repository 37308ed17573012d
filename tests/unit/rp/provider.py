"""A small OpenID provider over real HTTP on loopback, whose answers a test can spoil."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT_ID = "partner"
CLIENT_SECRET = "made-up"
SUB = "subject-1"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = KeySet([RSA, EC])


def public_keys() -> KeySet:
    """Return what the provider publishes."""
    return KeySet.import_key_set(KEYS.as_dict(private=False))


def signed(claims: dict[str, Any], *, alg: str = "RS256", key: Any = None, **header: Any) -> str:
    """Return a token; without a key, the provider's own for the algorithm."""
    key = key or (EC if alg.startswith("ES") else RSA)
    return jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key, algorithms=[alg])


def unsigned(claims: dict[str, Any], *, alg: str = "none", **header: Any) -> str:
    """Return a token with an empty signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": alg, **header}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def id_claims(issuer: str, **changes: Any) -> dict[str, Any]:
    """Return good ID token claims with changes; a change to None leaves the claim out."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "sub": SUB,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
        "acr": "urn:visor:L2",
        "amr": ["swk", "face", "mfa"],
        "sid": "provider-session",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def logout_claims(issuer: str, **changes: Any) -> dict[str, Any]:
    """Return good logout token claims with changes; a change to None leaves the claim out."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": "logout-1",
        "events": {EVENT: {}},
        "sid": "provider-session",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


@dataclass
class FakeProvider:
    """The provider's state: `codes` maps a code to its ID token and PKCE challenge."""

    issuer: str
    offers_end_session: bool = True
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    userinfo_sub: str = SUB

    def metadata(self) -> dict[str, Any]:
        names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        document = {f"{name}_endpoint": f"{self.issuer}{path}" for name, path in names.items()}
        if self.offers_end_session:
            document["end_session_endpoint"] = f"{self.issuer}end-session"
        return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}jwks", **document}

    def issue(self, code: str, id_token: str, asked: dict[str, str]) -> None:
        """Make a code good for one redemption with the verifier of the request."""
        self.codes[code] = (id_token, asked["code_challenge"])

    def redeem(self, authorization: str, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """Return the token answer, or None for a wrong client, code or verifier."""
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        id_token, challenge = self.codes.pop(form["code"][0], ("", ""))
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != f"Basic {expected}" or proof != challenge:
            return None
        return {"access_token": "access", "token_type": "Bearer", "id_token": id_token}


@contextmanager
def running_provider() -> Iterator[FakeProvider]:
    """Serve a provider while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = FakeProvider(f"http://127.0.0.1:{server.server_port}/")
    server.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider = self.server.provider  # type: ignore[attr-defined]
        pages = {
            "/.well-known/openid-configuration": provider.metadata(),
            "/jwks": KEYS.as_dict(private=False),
            "/userinfo": {"sub": provider.userinfo_sub, "name": "Member"},
        }
        self._answer(pages.get(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        provider = self.server.provider  # type: ignore[attr-defined]
        self._answer(provider.redeem(self.headers.get("Authorization", ""), parse_qs(body)))

    def _answer(self, document: Any) -> None:
        content = json.dumps(document or {"error": "invalid_grant"}).encode()
        self.send_response(200 if document else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Keep the test's output clean."""
