"""A relying party that starts sign-ins without a browser, and a person with a phone."""

import time
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client as HttpClient
from joserfc.jwk import Key

from authsvc.core.ids import new_id
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.subjects.models import Subject
from tests.provider.browser import Browser, Partner, make_partner, make_person
from tests.provider.tokens import key_set, new_key, signed

GRANT = "urn:openid:params:grant-type:ciba"
HINT = "person-17"


@dataclass
class Starter:
    """The relying party: it signs requests, sends them, and polls."""

    partner: Partner
    key: Key
    visitor: Browser

    def claims(self, **changed: Any) -> dict[str, Any]:
        """A good request's claims, changed; None leaves one out."""
        moment = int(time.time())
        base: dict[str, Any] = {
            "iss": self.partner.party.client_id,
            "aud": issuer_of(self.visitor.tenant),
            "iat": moment,
            "nbf": moment,
            "exp": moment + 300,
            "jti": new_id(),
            "scope": "openid",
            "login_hint": HINT,
            "binding_message": "blue whale 42",
        }
        return {name: value for name, value in {**base, **changed}.items() if value is not None}

    def send(self, request: str, **beside: str) -> Any:
        """Post a request object."""
        body = {"request": request, **beside}
        path = f"{self.visitor.root}backchannel-authentication"
        return HttpClient().post(path, body, headers=self.partner.basic())

    def ask(self, **changed: Any) -> Any:
        """Send a good request, changed."""
        return self.send(signed(self.claims(**changed), self.key))

    def poll(self, auth_req_id: str) -> Any:
        """Ask the token endpoint."""
        body = {"grant_type": GRANT, "auth_req_id": auth_req_id}
        return HttpClient().post(f"{self.visitor.root}token", body, headers=self.partner.basic())


@pytest.fixture
def starter(visitor: Browser) -> Starter:
    key = new_key("ES256")
    partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll", offline_access=True)
    return Starter(partner, key, visitor)


@pytest.fixture
def person(visitor: Browser) -> Subject:
    return make_person(external_id=HINT)
