"""Basic OP: what a request may hold, and what is refused."""

import json
from urllib.parse import urlsplit

import pytest

from authsvc.audit.models import AuditEvent
from tests.provider.browser import CALLBACK, Browser, answer_of, make_partner, make_person
from tests.provider.tokens import key_set, new_key, signed, unsigned


@pytest.mark.requirement("OIDC-BASIC-02")
@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (None, "invalid_request"),
        ("token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
    ],
)
def test_response_type(visitor: Browser, asked: str | None, error: str) -> None:
    answer = answer_of(visitor.authorize(make_partner(), response_type=asked))
    assert (answer["error"], answer["state"]) == (error, "state-1")
    assert AuditEvent.objects.filter(tag="oidc:request:refused", reason="response-type").count() == 1


@pytest.mark.requirement("OIDC-BASIC-05")
def test_a_nonce_is_optional(visitor: Browser) -> None:
    tokens = visitor.tokens(make_partner(), make_person(), nonce=None)
    assert "nonce" not in visitor.claims(tokens["id_token"])


@pytest.mark.requirement("OIDC-BASIC-07")
def test_order_means_nothing(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    request = visitor.request(partner, scope="email openid profile")
    backwards = dict(reversed(list(request.items())))
    txn = visitor.opened(visitor.http.get(f"{visitor.root}authorize", backwards))
    visitor.prove(txn, person)
    tokens = visitor.redeem(partner, answer_of(visitor.resume(txn))["code"]).json()
    assert set(tokens["scope"].split()) == {"openid", "email", "profile"}


@pytest.mark.requirement("OIDC-BASIC-08")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("display", "popup"),
        ("display", "unheard-of"),
        ("ui_locales", "se de-AT x-klingon"),
        ("claims_locales", "se"),
        ("login_hint", "ada@example.com"),
        ("extra", "foobar"),
        ("id_token_hint", ""),
    ],
)
def test_parameters_that_break_nothing(visitor: Browser, name: str, value: str) -> None:
    assert visitor.tokens(make_partner(), make_person(), **{name: value})["id_token"]


@pytest.mark.requirement("OIDC-BASIC-15")
@pytest.mark.parametrize(
    "uri",
    [
        None,
        "https://partner.example/",
        f"{CALLBACK}/",
        f"{CALLBACK}?foo=bar",
        f"{CALLBACK}#part",
        "https://PARTNER.example/callback",
        "https://partner.example:443/callback",
        "https://partner.example/./callback",
        "https://partner.example@evil.example/callback",
        "javascript:alert(1)",
        "//evil.example",
    ],
)
def test_an_address_that_is_not_registered_gets_a_page(visitor: Browser, uri: str | None) -> None:
    response = visitor.authorize(make_partner(), redirect_uri=uri)
    assert response.status_code == 400
    assert b'id="reference"' in response.content
    assert b"evil.example" not in response.content
    assert AuditEvent.objects.filter(tag="oidc:request:refused", reason="redirect-uri").count() == 1


@pytest.mark.requirement("OIDC-BASIC-15")
def test_an_unknown_client_gets_a_page(visitor: Browser) -> None:
    response = visitor.authorize(make_partner(), client_id="unknown")
    assert (response.status_code, "Location" in response) == (400, False)


@pytest.mark.requirement("OIDC-BASIC-15", "OIDC-DYNAMIC-05")
def test_the_query_of_a_registered_address_is_kept(visitor: Browser) -> None:
    partner = make_partner(redirect_uris=[f"{CALLBACK}?foo=b%20r&x"])
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person())
    response = visitor.resume(txn)
    if visitor.mode is None:
        assert response["Location"].startswith(f"{CALLBACK}?foo=b%20r&x&code=")
    else:
        assert f'action="{CALLBACK}?foo=b%20r&amp;x"'.encode() in response.content


@pytest.mark.requirement("OIDC-BASIC-16")
def test_the_request_by_post(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    sent = visitor.http.post(f"{visitor.root}authorize", visitor.request(partner))
    assert sent.status_code == 303
    txn = visitor.opened(visitor.http.get(sent["Location"]))
    visitor.prove(txn, person)
    assert visitor.redeem(partner, answer_of(visitor.resume(txn))["code"]).status_code == 200
    again = visitor.http.post(f"{visitor.root}authorize", visitor.request(partner))
    assert "code" in answer_of(again)


@pytest.mark.requirement("OIDC-BASIC-17")
def test_request_uri_that_is_not_registered(visitor: Browser) -> None:
    response = visitor.authorize(make_partner(), request_uri="https://partner.example/request.jwt")
    assert answer_of(response)["error"] == "invalid_request_uri"


@pytest.mark.requirement("OIDC-BASIC-17")
def test_an_unsigned_request_object_says_what_plain_parameters_say(visitor: Browser) -> None:
    made = unsigned(signed({"state": "inside", "nonce": "within"}, new_key()))
    partner = make_partner()
    answer = visitor.sign_in(partner, make_person(), request=made)
    assert answer["state"] == "inside"
    claims = visitor.claims(visitor.redeem(partner, answer["code"]).json()["id_token"])
    assert claims["nonce"] == "within"


@pytest.mark.requirement("OIDC-BASIC-17", "OIDC-DYNAMIC-08")
@pytest.mark.parametrize(
    "fields", [{"request_object_signing_alg": "ES256"}, {"require_signed_request_object": True}]
)
def test_an_unsigned_request_object_of_a_client_that_signs_is_refused(visitor: Browser, fields) -> None:
    made = signed({"state": "inside"}, new_key())
    partner = make_partner(jwks=key_set(new_key()), **fields)
    for request in (unsigned(made), unsigned(made) + "AAAA", made):
        response = visitor.authorize(partner, request=request)
        assert answer_of(response)["error"] == "invalid_request_object"


@pytest.mark.requirement("OIDC-BASIC-18")
def test_a_request_objects_redirect_uri_wins(visitor: Browser) -> None:
    key, second = new_key(), "https://partner.example/second"
    partner = make_partner(jwks=key_set(key), redirect_uris=[CALLBACK, second])
    inside = {"iss": partner.party.client_id, "redirect_uri": second}
    txn = visitor.opened(visitor.authorize(partner, request=signed(inside, key)))
    visitor.prove(txn, make_person())
    response = visitor.resume(txn)
    assert second.encode() in (response.content or response["Location"].encode())
    bad = {**inside, "redirect_uri": "https://evil.example/"}
    refused = visitor.authorize(partner, request=signed(bad, key))
    assert (refused.status_code, b"evil" in refused.content) == (400, False)


@pytest.mark.requirement("OIDC-BASIC-10")
@pytest.mark.parametrize("asked", ["none login", "unheard-of", "LOGIN"])
def test_prompts_that_cannot_be_understood(visitor: Browser, asked: str) -> None:
    assert answer_of(visitor.authorize(make_partner(), prompt=asked))["error"] == "invalid_request"


@pytest.mark.parametrize("asked", ["{", "[]", '{"userinfo": []}', '{"id_token": {"acr": 3}}', "[" * 5000])
def test_claims_that_cannot_be_understood(visitor: Browser, asked: str) -> None:
    assert answer_of(visitor.authorize(make_partner(), claims=asked))["error"] == "invalid_request"


def test_a_repeated_parameter_is_refused(visitor: Browser) -> None:
    request = {**visitor.request(make_partner()), "state": ["a", "b"]}
    assert visitor.http.get(f"{visitor.root}authorize", request).status_code == 400


@pytest.mark.requirement("OIDC-BASIC-19")
def test_an_essential_name(visitor: Browser) -> None:
    asked = json.dumps({"userinfo": {"name": {"essential": True}}, "id_token": {"email": None}})
    person = make_person(claims={"email": "ada@example.com"})
    tokens = visitor.tokens(make_partner(), person, claims=asked)
    assert visitor.userinfo(tokens["access_token"]).json()["name"] == "Ada Example"
    assert visitor.claims(tokens["id_token"])["email"] == "ada@example.com"
    assert "name" not in visitor.claims(tokens["id_token"])


def test_nothing_of_a_request_is_reflected(visitor: Browser) -> None:
    mark = "<script>alert(1)</script>"
    partner = make_partner()
    for name in ("client_id", "redirect_uri"):
        assert mark.encode() not in visitor.authorize(partner, **{name: mark}).content
    answer = visitor.authorize(partner, state=mark, response_type="x")
    assert mark.encode() not in answer.content
    assert answer_of(answer)["state"] == mark
    if visitor.mode is None:
        assert urlsplit(answer["Location"]).hostname == "partner.example"
