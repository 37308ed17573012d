"""FAPI-CIBA: signed requests only, each claim required and bounded, one hint, a short message."""

import time
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.clients.problems import RegistrationProblems
from authsvc.oidc.models import BackchannelRequest
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.ciba.conftest import Starter
from tests.provider.tokens import forged, key_set, new_key, signed, unsigned


def refusal(answer: Any) -> str:
    assert answer.status_code == 400, answer.content
    assert BackchannelRequest.objects.count() == 0
    return str(answer.json()["error"])


@pytest.mark.requirement("OIDC-CIBA-01")
def test_a_signed_request_is_taken(starter: Starter, person: Any) -> None:
    answer = starter.ask()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    said = answer.json()
    assert (said["expires_in"], said["interval"]) == (120, 5)
    row = BackchannelRequest.objects.get()
    assert said["auth_req_id"] not in str(vars(row))
    assert row.subject == person


@pytest.mark.requirement("OIDC-CIBA-01")
@pytest.mark.parametrize("name", ["aud", "iss", "exp", "iat", "nbf", "jti"])
def test_each_claim_is_required(starter: Starter, person: Any, name: str) -> None:
    assert refusal(starter.ask(**{name: None})) == "invalid_request"


@pytest.mark.requirement("OIDC-CIBA-01")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aud", "https://elsewhere.example/"),
        ("iss", "another-client"),
        ("exp", -60),
        ("exp", 3700),
        ("nbf", 60),
        ("nbf", -3700),
        ("iat", 60),
        ("exp", "soon"),
        ("nbf", True),
    ],
)
def test_each_claim_is_bounded(starter: Starter, person: Any, name: str, value: Any) -> None:
    number = isinstance(value, int) and not isinstance(value, bool)
    assert refusal(starter.ask(**{name: time.time() + value if number else value})) == "invalid_request"


@pytest.mark.requirement("OIDC-CIBA-01")
def test_a_request_is_used_once(starter: Starter, person: Any) -> None:
    request = signed(starter.claims(), starter.key)
    assert starter.send(request).status_code == 200
    assert starter.send(request).json()["error"] == "invalid_request"
    assert BackchannelRequest.objects.count() == 1


@pytest.mark.requirement("OIDC-CIBA-01")
def test_only_a_signature_of_the_client_counts(starter: Starter, person: Any) -> None:
    request = signed(starter.claims(), starter.key)
    rsa = new_key("RS256", kid="key-1")
    for bad in (unsigned(request), forged(request), signed(starter.claims(), rsa, algorithm="RS256"), "a.b"):
        assert refusal(starter.send(bad)) == "invalid_request"


@pytest.mark.requirement("OIDC-CIBA-01")
def test_nothing_counts_beside_the_request_object(starter: Starter, person: Any) -> None:
    assert refusal(starter.send("", scope="openid", login_hint="person-17")) == "invalid_request"
    request = signed(starter.claims(), starter.key)
    assert refusal(starter.send(request, binding_message="another")) == "invalid_request"


@pytest.mark.requirement("OIDC-CIBA-02")
@pytest.mark.parametrize(
    "hints",
    [
        {"login_hint": None},
        {"id_token_hint": "x.y.z"},
        {"login_hint": None, "login_hint_token": "x.y.z"},
        {"login_hint_token": "x"},
    ],
)
def test_exactly_one_hint(starter: Starter, person: Any, hints: dict[str, Any]) -> None:
    assert refusal(starter.ask(**hints)) == "invalid_request"


@pytest.mark.requirement("OIDC-CIBA-02")
@pytest.mark.parametrize("hint", ["nobody", "", "twice@test.example"])
def test_a_hint_that_names_nobody(starter: Starter, person: Any, hint: str) -> None:
    for _ in range(2):
        make_person(claims={"email": "twice@test.example"})
    assert starter.ask(login_hint=hint).status_code == 200
    assert BackchannelRequest.objects.get().subject is None


@pytest.mark.requirement("OIDC-CIBA-02")
def test_a_person_is_named_by_address_or_by_an_id_token(starter: Starter, visitor: Browser) -> None:
    somebody = make_person(claims={"email": "ada@test.example"})
    assert starter.ask(login_hint="ada@test.example").status_code == 200
    token = visitor.tokens(starter.partner, somebody)["id_token"]
    assert starter.ask(login_hint=None, id_token_hint=token).status_code == 200
    assert {row.subject for row in BackchannelRequest.objects.all()} == {somebody}
    BackchannelRequest.objects.all().delete()
    assert refusal(starter.ask(login_hint=None, id_token_hint=forged(token))) == "invalid_request"


@pytest.mark.requirement("OIDC-CIBA-03")
@pytest.mark.parametrize("message", ["x" * 65, "two\u202elines", 7])
def test_a_message_is_short_and_plain(starter: Starter, person: Any, message: Any) -> None:
    assert refusal(starter.ask(binding_message=message)) == "invalid_binding_message"


@pytest.mark.requirement("OIDC-CIBA-04")
@pytest.mark.parametrize(("asked", "given"), [(30, 30), ("45", 45), (9999, 120)])
def test_a_requested_expiry_only_shortens(starter: Starter, person: Any, asked: Any, given: int) -> None:
    assert starter.ask(requested_expiry=asked).json()["expires_in"] == given


@pytest.mark.requirement("OIDC-CIBA-04")
@pytest.mark.parametrize("asked", [0, -5, "never", True, 1.5])
def test_an_expiry_that_is_none(starter: Starter, person: Any, asked: Any) -> None:
    assert refusal(starter.ask(requested_expiry=asked)) == "invalid_request"


def test_a_client_that_is_not_registered_for_it(visitor: Browser, person: Any) -> None:
    key = new_key("ES256")
    plain = Starter(make_partner(jwks=key_set(key)), key, visitor)
    assert refusal(plain.ask()) == "unauthorized_client"
    assert AuditEvent.objects.latest("sequence").reason == "ciba-registered"


@pytest.mark.requirement("S9.4-03")
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"backchannel_token_delivery_mode": "push"}, "backchannel_token_delivery_mode"),
        ({"backchannel_token_delivery_mode": "ping"}, "backchannel_client_notification_endpoint"),
        ({"backchannel_token_delivery_mode": "poll", "jwks": None}, "jwks"),
        (
            {"backchannel_token_delivery_mode": "poll", "token_endpoint_auth_method": "none"},
            "token_endpoint_auth_method",
        ),
    ],
)
def test_a_registration_that_can_never_work(tenant: Any, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        make_partner(**{"jwks": key_set(new_key("ES256")), **fields})
    assert named in refused.value.fields
