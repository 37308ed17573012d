"""A relying party that holds keys: client assertions, DPoP proofs, request objects, and its requests."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from joserfc.jwk import Key

from authsvc.core.ids import new_id
from authsvc.oidc.callers.assertion import TYPE
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.subjects.models import Subject
from tests.provider.browser import Browser, Partner, answer_of, make_partner
from tests.provider.tokens import key_set, new_key, signed


def proof(key: Key, method: str, url: str, *, token: str = "", **changes: Any) -> str:
    """A DPoP proof for one request; `changes` replace claims, None leaves one out."""
    claims: dict[str, Any] = {"jti": new_id(), "htm": method, "htu": url, "iat": int(time.time())}
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    whole = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    public = {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}
    algorithm = {"EC": "ES256", "OKP": "EdDSA"}.get(key.key_type, "PS256")
    return signed(whole, key, algorithm=algorithm, typ="dpop+jwt", jwk=public)


@dataclass
class KeyHolder:
    """A relying party with private_key_jwt and a DPoP key, at one browser's tenant."""

    visitor: Browser
    fields: dict[str, Any] = field(default_factory=dict)
    key: Key = field(default_factory=lambda: new_key(kid="client"))
    dpop: Key = field(default_factory=new_key)

    def __post_init__(self) -> None:
        base = {"token_endpoint_auth_method": "private_key_jwt", "jwks": key_set(self.key)}
        self.partner: Partner = make_partner(**{**base, **self.fields})

    @property
    def name(self) -> str:
        return self.partner.party.client_id

    @property
    def issuer(self) -> str:
        return issuer_of(self.visitor.tenant)

    def url(self, endpoint: str) -> str:
        return f"{settings.BASE_URL}{self.visitor.root}{endpoint}"

    def assertion(
        self, *, algorithm: str = "ES256", key: Key | None = None, **changes: Any
    ) -> dict[str, str]:
        """Client authentication; `changes` replace claims, None leaves one out."""
        claims = {
            "iss": self.name,
            "sub": self.name,
            "aud": self.issuer,
            "jti": new_id(),
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
        }
        whole = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        text = signed(whole, key or self.key, algorithm=algorithm)
        return {"client_assertion": text, "client_assertion_type": TYPE, "client_id": self.name}

    def request(self, **changes: str | None) -> dict[str, str]:
        """An authorization request's parameters, with PKCE; None leaves one out."""
        return self.visitor.request(self.partner, **{**self.visitor.pkce(), **changes})

    def request_object(self, *, key: Key | None = None, algorithm: str = "ES256", **changes: Any) -> str:
        """A signed request object with these parameters; None leaves a claim out."""
        moment = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": self.issuer,
            "iat": moment,
            "nbf": moment,
            "exp": moment + 60,
            **self.request(),
        }
        whole = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return signed(whole, key or self.key, algorithm=algorithm, typ="oauth-authz-req+jwt")

    def post(self, endpoint: str, body: dict[str, str], *, dpop: str = "", **headers: str) -> Any:
        """Call an endpoint with client authentication, and with a DPoP proof where one is given."""
        whole = {**self.assertion(), **body}
        sent = {**headers, **({"DPoP": dpop} if dpop else {})}
        return self.visitor.http.post(f"{self.visitor.root}{endpoint}", whole, headers=sent)

    def proof(self, endpoint: str, method: str = "POST", **changes: Any) -> str:
        """A proof by this relying party's DPoP key."""
        return proof(self.dpop, method, self.url(endpoint), **changes)

    def push(self, *, dpop: str = "", **changes: str | None) -> Any:
        """Push an authorization request."""
        return self.post("par", self.request(**changes), dpop=dpop)

    def authorize(self, request_uri: str, **extra: str) -> Any:
        """Send the browser with a pushed request."""
        query = {"client_id": self.name, "request_uri": request_uri, **extra}
        return self.visitor.http.get(f"{self.visitor.root}authorize", query)

    def answer(self, person: Subject, pushed: Any) -> dict[str, str]:
        """Sign a person in with a pushed request and return the answer's parameters."""
        assert pushed.status_code == 201, pushed.content
        response = self.authorize(pushed.json()["request_uri"])
        if f"{self.visitor.root}signin/" not in response["Location"]:
            return answer_of(response)
        txn = self.visitor.opened(response)
        self.visitor.prove(txn, person)
        return answer_of(self.visitor.resume(txn))

    def redeem(self, code: str, *, dpop: str | None = None, **changes: str) -> Any:
        """Exchange a code, with a good proof unless another is given ("" for none)."""
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.partner.party.redirect_uris[0],
            "code_verifier": self.visitor.verifier,
            **changes,
        }
        return self.post("token", body, dpop=self.proof("token") if dpop is None else dpop)

    def tokens(self, person: Subject, **changes: Any) -> dict[str, Any]:
        """Push, sign in and redeem; returns the token response."""
        response = self.redeem(self.answer(person, self.push(**changes))["code"])
        assert response.status_code == 200, response.content
        return dict(response.json())

    def userinfo(self, token: str, *, scheme: str = "DPoP", dpop: str | None = None) -> Any:
        """Call userinfo with a bound token."""
        text = self.proof("userinfo", "GET", token=token) if dpop is None else dpop
        headers = {"Authorization": f"{scheme} {token}", **({"DPoP": text} if text else {})}
        return self.visitor.http.get(f"{self.visitor.root}userinfo", headers=headers)
