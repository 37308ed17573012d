"""Introspection (RFC 7662) tells a client of its own tokens; revocation (RFC 7009) takes them back."""

from datetime import timedelta

import pytest

from authsvc.core.clock import now
from authsvc.oidc.models import Token
from tests.provider.browser import Browser, Partner, make_partner, make_person

OFFLINE = "openid email offline_access"


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(offline_access=True)


@pytest.fixture
def tokens(visitor: Browser, partner: Partner) -> dict:
    return visitor.tokens(partner, make_person(), scope=OFFLINE)


def introspect(visitor: Browser, partner: Partner, token: str) -> dict:
    answer = visitor.http.post(f"{visitor.root}introspect", {"token": token}, headers=partner.basic())
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    return dict(answer.json())


def revoke(visitor: Browser, partner: Partner, token: str, **extra: str):
    return visitor.http.post(f"{visitor.root}revoke", {"token": token, **extra}, headers=partner.basic())


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_what_a_client_learns_of_its_own_token(
    visitor: Browser, partner: Partner, tokens: dict, kind: str
) -> None:
    said = introspect(visitor, partner, tokens[kind])
    claims = visitor.claims(tokens["id_token"])
    assert said["active"] is True
    assert said["client_id"] == partner.party.client_id
    for name in ("iss", "sub", "acr", "amr", "auth_time"):
        assert said[name] == claims[name]
    assert said["scope"] == OFFLINE
    assert said["exp"] > said["iat"]


@pytest.mark.requirement("S9.4-06")
def test_nobody_learns_of_anothers_token(visitor: Browser, tokens: dict) -> None:
    stranger = make_partner(name="Other")
    for text in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"], "unknown"):
        assert introspect(visitor, stranger, text) == {"active": False}


@pytest.mark.requirement("S9.4-06")
def test_a_dead_token_is_not_active(visitor: Browser, partner: Partner, tokens: dict) -> None:
    visitor.refresh(partner, tokens["refresh_token"])
    assert introspect(visitor, partner, tokens["refresh_token"]) == {"active": False}
    Token.objects.update(expires_at=now() - timedelta(seconds=1))
    assert introspect(visitor, partner, tokens["access_token"]) == {"active": False}


@pytest.mark.requirement("S9.4-06")
def test_introspection_needs_client_authentication(visitor: Browser, tokens: dict) -> None:
    body = {"token": tokens["access_token"]}
    assert visitor.http.post(f"{visitor.root}introspect", body).status_code == 401
    public = make_partner(name="Public", token_endpoint_auth_method="none")
    named = {**body, "client_id": public.party.client_id}
    assert visitor.http.post(f"{visitor.root}introspect", named).status_code == 401


@pytest.mark.requirement("S9.4-06")
@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_a_missing_token_is_said(visitor: Browser, partner: Partner, endpoint: str) -> None:
    answer = visitor.http.post(f"{visitor.root}{endpoint}", {}, headers=partner.basic())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("S9.4-04")
@pytest.mark.parametrize("hint", ["", "access_token", "refresh_token", "unheard_of"])
def test_a_revoked_access_token_ends_alone(
    visitor: Browser, partner: Partner, tokens: dict, hint: str
) -> None:
    extra = {"token_type_hint": hint} if hint else {}
    assert revoke(visitor, partner, tokens["access_token"], **extra).status_code == 200
    assert visitor.userinfo(tokens["access_token"]).status_code == 401
    assert introspect(visitor, partner, tokens["refresh_token"])["active"] is True


@pytest.mark.requirement("S9.4-04")
def test_a_revoked_refresh_token_takes_its_family_along(
    visitor: Browser, partner: Partner, tokens: dict
) -> None:
    newer = visitor.refresh(partner, tokens["refresh_token"]).json()
    assert revoke(visitor, partner, newer["refresh_token"]).status_code == 200
    for text in (tokens["access_token"], newer["access_token"]):
        assert visitor.userinfo(text).status_code == 401
    assert visitor.refresh(partner, newer["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.requirement("S9.4-04")
def test_nobody_revokes_anothers_token(visitor: Browser, tokens: dict) -> None:
    stranger = make_partner(name="Other")
    for text in (tokens["access_token"], tokens["refresh_token"], "unknown"):
        assert revoke(visitor, stranger, text).status_code == 200
    assert visitor.userinfo(tokens["access_token"]).status_code == 200
