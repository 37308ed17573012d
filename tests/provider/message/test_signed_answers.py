"""FAPI 2.0 Message Signing: signed authorization responses (JARM) and introspection responses (RFC 9701)."""

import json
import time
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.provider.browser import CALLBACK, Browser, answer_of, fields_of_form, make_partner, make_person
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder


def opened(holder: KeyHolder, response: str) -> dict[str, Any]:
    claims = holder.visitor.claims(response)
    assert (claims["iss"], claims["aud"]) == (holder.issuer, holder.name)
    assert time.time() < claims["exp"] <= time.time() + 600
    return claims


@pytest.mark.requirement("OIDC-MESSAGE-01")
@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"])
def test_each_signed_mode(visitor: Browser, mode: str) -> None:
    holder = KeyHolder(visitor, PROFILE)
    answer = holder.answer(make_person(), holder.push(response_mode=mode))
    assert set(answer) == {"response"}
    said = opened(holder, answer["response"])
    assert said["state"] == "state-1"
    header = json.loads(urlsafe_b64decode(answer["response"].split(".")[0] + "=="))
    assert header["alg"] == "ES256"
    assert holder.redeem(said["code"]).status_code == 200


@pytest.mark.requirement("OIDC-MESSAGE-01")
def test_an_error_is_signed_too(visitor: Browser) -> None:
    holder = KeyHolder(visitor, PROFILE)
    pushed = holder.push(response_mode="jwt", prompt="none").json()
    answer = answer_of(holder.authorize(pushed["request_uri"]))
    assert opened(holder, answer["response"])["error"] == "login_required"


@pytest.mark.requirement("OIDC-MESSAGE-01")
def test_who_registered_for_signed_answers_gets_no_others(visitor: Browser) -> None:
    partner = make_partner(authorization_signed_response_alg="PS256")
    refused = visitor.authorize(partner, prompt="none")
    query = parse_qs(urlsplit(refused["Location"]).query)
    assert set(query) == {"response"}
    assert visitor.claims(query["response"][0])["error"] == "login_required"
    early = visitor.authorize(partner, request="nonsense", response_mode="form_post")
    assert f'action="{CALLBACK}"'.encode() in early.content
    assert set(fields_of_form(early.content)) == {"response"}


@pytest.mark.requirement("OIDC-MESSAGE-01")
def test_introspection_is_signed_for_who_asks(visitor: Browser) -> None:
    holder = KeyHolder(visitor, PROFILE)
    token = holder.tokens(make_person())["access_token"]
    for text, active in ((token, True), ("unknown", False)):
        answer = holder.post("introspect", {"token": text}, Accept="application/token-introspection+jwt")
        assert answer["Content-Type"] == "application/token-introspection+jwt"
        claims = visitor.claims(answer.content.decode())
        assert (claims["iss"], claims["aud"]) == (holder.issuer, holder.name)
        assert claims["token_introspection"]["active"] is active
        header = json.loads(urlsafe_b64decode(answer.content.decode().split(".")[0] + "=="))
        assert header["typ"] == "token-introspection+jwt"
