"""Basic OP: a refresh token is bound to its client, and what it brings speaks of the same event."""

from datetime import timedelta

import pytest
from django.db.models import F

from authsvc.core.clock import now
from authsvc.oidc.models import Grant, Token
from authsvc.subjects.models import Subject
from tests.provider.browser import Browser, Partner, make_partner, make_person

OFFLINE = "openid email offline_access"


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(offline_access=True)


@pytest.mark.requirement("OIDC-BASIC-20")
def test_a_refresh_token_is_bound_to_its_client(visitor: Browser, partner: Partner) -> None:
    tokens = visitor.tokens(partner, make_person(), scope=OFFLINE)
    stranger = make_partner(name="Other", offline_access=True)
    refused = visitor.refresh(stranger, tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    # Another client's try costs the owner nothing.
    assert visitor.refresh(partner, tokens["refresh_token"]).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-20")
def test_a_refreshed_id_token_speaks_of_the_same_event(visitor: Browser, partner: Partner) -> None:
    tokens = visitor.tokens(partner, make_person(), scope=OFFLINE)
    Grant.objects.update(auth_time=F("auth_time") - timedelta(hours=5))
    first = visitor.claims(tokens["id_token"])
    second = visitor.claims(visitor.refresh(partner, tokens["refresh_token"]).json()["id_token"])
    for name in ("iss", "sub", "aud", "acr", "amr", "sid"):
        assert second[name] == first[name]
    assert second["auth_time"] == first["auth_time"] - 5 * 3600
    assert second["iat"] >= first["iat"]
    assert "nonce" not in second


@pytest.mark.requirement("OIDC-BASIC-20")
def test_scope_can_be_narrowed_and_never_widened(visitor: Browser, partner: Partner) -> None:
    tokens = visitor.tokens(partner, make_person(), scope=OFFLINE)
    wider = visitor.refresh(partner, tokens["refresh_token"], scope="openid profile")
    assert wider.json()["error"] == "invalid_scope"
    narrower = visitor.refresh(partner, tokens["refresh_token"], scope="openid")
    assert narrower.json()["scope"] == "openid"


@pytest.mark.requirement("OIDC-BASIC-20")
def test_nobody_gets_one_unasked(visitor: Browser, partner: Partner) -> None:
    person = make_person()
    assert "refresh_token" not in visitor.tokens(partner, person, prompt="login")
    never = make_partner(name="Never")
    assert "refresh_token" not in visitor.tokens(never, person, scope=OFFLINE, prompt="login")


@pytest.mark.requirement("OIDC-BASIC-20")
@pytest.mark.parametrize("end", ["expired", "revoked", "closed"])
def test_an_ended_one_brings_nothing(visitor: Browser, partner: Partner, end: str) -> None:
    tokens = visitor.tokens(partner, make_person(), scope=OFFLINE)
    if end == "expired":
        Token.objects.update(expires_at=now())
    elif end == "revoked":
        Grant.objects.update(revoked_at=now())
    else:
        Subject.objects.update(status=Subject.Status.CLOSED)
    assert visitor.refresh(partner, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-20")
def test_an_access_token_is_no_refresh_token(visitor: Browser, partner: Partner) -> None:
    tokens = visitor.tokens(partner, make_person(), scope=OFFLINE)
    for text in (tokens["access_token"], "", "unknown"):
        assert visitor.refresh(partner, text).json()["error"] == "invalid_grant"
    assert visitor.userinfo(tokens["refresh_token"]).status_code == 401
