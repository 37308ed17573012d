"""An OpenID provider of somebody else, as an organisation has one: it signs whoever comes in as `person`.

What it does wrong, where a test asks for that, is a change of its fields or of `spoil`.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc.jwk import Key

from tests.provider.tokens import key_set, new_key, signed

CLIENT = "visor-portal"
SECRET = "a secret of/the provider"
ACR = "urn:example:two-factors"


@dataclass
class Outside:
    """The provider. `spoil` changes a token's claims, `sign` makes the token of them."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ada-7", "groups": ["visor-admins"]})
    acr: str = ACR
    age: int = 0
    key: Key = field(default_factory=new_key)
    spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any], Key], str] = lambda claims, key: signed(claims, key)
    iss_in_answers: bool = True
    iss: str = ""
    only_post: bool = False
    info: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    redeemed: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        root = self.issuer
        return {
            "issuer": root,
            "authorization_endpoint": f"{root}/authorize",
            "token_endpoint": f"{root}/token",
            "userinfo_endpoint": f"{root}/userinfo",
            "jwks_uri": f"{root}/jwks",
            "token_endpoint_auth_methods_supported": (
                ["client_secret_post"] if self.only_post else ["client_secret_basic"]
            ),
            "authorization_response_iss_parameter_supported": self.iss_in_answers,
            **self.metadata,
        }

    def answer(self, asked: dict[str, str]) -> str:
        """Sign the person in, and return the address that the browser goes back to."""
        self.asked = asked
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        given = {"code": code, "state": asked["state"]}
        if self.iss_in_answers:
            given["iss"] = self.iss or self.issuer
        return f"{asked['redirect_uri']}?{urlencode(given)}"

    def tokens(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Redeem a code once, for the client that holds the secret and the verifier."""
        asked = self.codes.pop(form.get("code", ""), None)
        if not self._is_client(form, authorization) or asked is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        self.redeemed.append(form["code"])
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now - self.age,
            "acr": self.acr,
            **self.person,
        }
        token = self.sign(self.spoil(claims), self.key)
        return 200, {"id_token": token, "access_token": "access", "token_type": "Bearer"}

    def userinfo(self) -> dict[str, Any]:
        return {"sub": self.person["sub"], "name": "Ada Lovelace"} if self.info is None else self.info

    def _is_client(self, form: dict[str, str], authorization: str) -> bool:
        if self.only_post:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote(name), unquote(secret)) == (CLIENT, SECRET)


@contextmanager
def outside() -> Iterator[Outside]:
    """Serve a provider on a free port of the loopback interface while the block runs."""
    provider = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            if path.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.answer(dict(parse_qsl(path.query))))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            pages = {
                "/.well-known/openid-configuration": provider.described,
                "/jwks": lambda: key_set(provider.key),
                "/userinfo": provider.userinfo,
            }
            self._say(200, pages[path.path]()) if path.path in pages else self._say(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            authorization = self.headers.get("Authorization", "")
            self._say(*provider.tokens(dict(parse_qsl(body)), authorization))

        def _say(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
