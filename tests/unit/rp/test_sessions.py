"""How sessions end, and what an interface answers without the assurance it needs."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.unit.rp.provider import SUB, logout_claims, signed
from tests.unit.rp.site import Member, running_site

CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="urn:visor:L2", max_age="300"'


def end_from_provider(member: Member, **changes: Any) -> requests.Response:
    token = signed(logout_claims(member.provider.issuer, **changes), typ="logout+jwt")
    return requests.post(
        f"{member.base_url}/oidc/backchannel-logout/", data={"logout_token": token}, timeout=10
    )


@pytest.mark.parametrize("name", [{"sid": "s-1"}, {"sid": None, "sub": SUB}, {"sid": "s-1", "sub": SUB}])
def test_the_provider_ends_the_session_it_names(member: Member, name: dict[str, Any]):
    member.sign_in(sid="s-1")
    assert end_from_provider(member, jti=f"ends-{name}", **name).status_code == 200
    assert member.claims() is None


@pytest.mark.parametrize("name", [{"sid": "s-3"}, {"sid": None, "sub": "somebody"}, {"sub": "somebody"}])
def test_other_sessions_go_on(member: Member, name: dict[str, Any]):
    member.sign_in(sid="s-2")
    assert end_from_provider(member, jti=f"others-{name}", **name).status_code == 200
    assert member.claims() is not None


def test_a_logout_token_counts_once(member: Member):
    assert end_from_provider(member, jti="again", sid="s-4").status_code == 200
    member.sign_in(sid="s-4")
    assert end_from_provider(member, jti="again", sid="s-4").status_code == 400
    assert member.claims() is not None


@pytest.mark.parametrize("changes", [{"aud": "somebody"}, {"nonce": "n"}, {"events": None}, {"jti": None}])
def test_a_wrong_logout_token_ends_nothing(member: Member, changes: dict[str, Any]):
    member.sign_in(sid="s-5")
    response = end_from_provider(member, **{"sid": "s-5", **changes})
    assert (response.status_code, response.headers["Cache-Control"].count("no-store")) == (400, 1)
    assert member.claims() is not None


def test_the_interface_says_what_to_prove(member: Member):
    assert member.get("/api/statement").headers["WWW-Authenticate"] == CHALLENGE
    member.sign_in(auth_time=int(time.time()) - 600)
    stale = member.get("/api/statement")
    assert (stale.status_code, stale.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    member.sign_in("/payment")
    assert member.get("/api/statement").json()["balance"]


def test_signing_out_goes_on_to_the_provider(member: Member):
    member.sign_in()
    response = member.post("/oidc/sign-out/", "/sign-out")
    url = urlsplit(response.headers["Location"])
    query = parse_qs(url.query)
    assert response.headers["Location"].startswith(f"{member.provider.issuer}end-session?")
    assert query["post_logout_redirect_uri"] == [f"{member.base_url}/"]
    assert query["id_token_hint"]
    assert member.claims() is None


def test_signing_out_without_a_session_stays_here(member: Member):
    member.sign_in()
    member.post("/oidc/sign-out/", "/sign-out")
    assert member.http.get(f"{member.base_url}/sign-out", timeout=10).status_code == 200


def test_a_foreign_page_cannot_sign_out(member: Member):
    member.sign_in()
    assert member.http.post(f"{member.base_url}/oidc/sign-out/", timeout=10).status_code == 403
    assert member.http.get(f"{member.base_url}/oidc/sign-out/", timeout=10).status_code == 405
    assert member.claims() is not None


def test_pages_for_anyone_and_their_headers(member: Member):
    home = member.get("/")
    policy = home.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert member.get("/static/rp/harbour.css").status_code == 200
    assert member.get("/nowhere").status_code == 404


def test_the_site_starts_without_its_provider_and_stays_calm(tmp_path: Path):
    with running_site(tmp_path, "http://127.0.0.1:9/") as base_url:
        assert requests.get(f"{base_url}/", timeout=10).status_code == 200
        response = requests.get(f"{base_url}/members", timeout=10)
        assert response.status_code == 503
        assert "does not answer" in response.text
