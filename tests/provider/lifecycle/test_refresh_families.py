"""Refresh tokens rotate in families: a theft ends the family, a lost answer does not (RFC 9700, 4.14.2)."""

from datetime import timedelta
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.oidc.models import Token
from authsvc.oidc.token.refresh import GRACE
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.proofs import KeyHolder
from tests.provider.tokens import new_key

OFFLINE = "openid email offline_access"


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(offline_access=True)


@pytest.fixture
def first(visitor: Browser, partner: Partner) -> str:
    return str(visitor.tokens(partner, make_person(), scope=OFFLINE)["refresh_token"])


def wait(by: timedelta) -> None:
    """Let the spending of every token lie back in time."""
    for token in Token.objects.exclude(spent_at=None):
        assert token.spent_at is not None
        token.spent_at -= by
        token.save(update_fields=["spent_at"])


@pytest.mark.requirement("OIDC-BASIC-20", "S9.4-04")
def test_each_use_brings_a_new_one(visitor: Browser, partner: Partner, first: str) -> None:
    seen, text = {first}, first
    for _ in range(4):
        text = visitor.refresh(partner, text).json()["refresh_token"]
        assert text not in seen
        seen.add(text)


@pytest.mark.requirement("OIDC-BASIC-20", "S9.4-04")
def test_a_spent_one_that_comes_back_late_ends_the_family(
    visitor: Browser, partner: Partner, first: str
) -> None:
    newer = visitor.refresh(partner, first).json()
    wait(GRACE + timedelta(seconds=1))
    assert visitor.refresh(partner, first).json()["error"] == "invalid_grant"
    assert visitor.refresh(partner, newer["refresh_token"]).json()["error"] == "invalid_grant"
    assert visitor.userinfo(newer["access_token"]).status_code == 401
    assert AuditEvent.objects.filter(tag="oidc:refresh:reused").count() == 1


@pytest.mark.requirement("OIDC-BASIC-20")
def test_a_retry_after_a_lost_answer_gets_the_same_answer(
    visitor: Browser, partner: Partner, first: str
) -> None:
    lost = visitor.refresh(partner, first).json()
    wait(GRACE - timedelta(seconds=2))
    assert visitor.refresh(partner, first).json() == lost
    assert visitor.refresh(partner, lost["refresh_token"]).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-20")
def test_a_retry_that_asks_for_something_else_is_a_theft(
    visitor: Browser, partner: Partner, first: str
) -> None:
    newer = visitor.refresh(partner, first).json()["refresh_token"]
    assert visitor.refresh(partner, first, scope="openid").json()["error"] == "invalid_grant"
    assert visitor.refresh(partner, newer).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-20")
def test_the_kept_answer_does_not_open_without_the_token(
    visitor: Browser, partner: Partner, first: str
) -> None:
    newer = visitor.refresh(partner, first).json()
    kept = bytes(Token.objects.exclude(sealed_answer=None).get().sealed_answer or b"")
    for secret in (newer["access_token"], newer["refresh_token"], newer["id_token"]):
        assert secret.encode() not in kept


@pytest.mark.requirement("OIDC-BASIC-20")
def test_a_public_clients_refresh_token_is_bound_to_its_key(visitor: Browser) -> None:
    fields = {"token_endpoint_auth_method": "none", "jwks": None, "offline_access": True}
    holder = KeyHolder(visitor, fields)
    asked = holder.request(scope="openid offline_access")
    txn = visitor.opened(visitor.http.get(f"{visitor.root}authorize", asked))
    visitor.prove(txn, make_person())
    code = dict(part.split("=", 1) for part in visitor.resume(txn)["Location"].split("?")[1].split("&"))[
        "code"
    ]

    def call(body: dict[str, str], dpop: str):
        whole = {"client_id": holder.name, **body}
        return visitor.http.post(f"{visitor.root}token", whole, headers={"DPoP": dpop} if dpop else {})

    exchange = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": holder.partner.party.redirect_uris[0],
        "code_verifier": visitor.verifier,
    }
    tokens = call(exchange, holder.proof("token")).json()
    assert tokens["token_type"] == "DPoP"
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    own, holder.dpop = holder.dpop, new_key()
    for bad in ("", holder.proof("token")):
        assert call(body, bad).json()["error"] == "invalid_grant"
    holder.dpop = own
    assert call(body, holder.proof("token")).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-20")
def test_t22_two_tabs_that_refresh_together_get_the_same_answer(
    visitor: Browser, partner: Partner, first: str
) -> None:
    answers = [visitor.refresh(partner, first).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    # The whole scope, said again, is the same request.
    assert visitor.refresh(partner, first, scope=f"{OFFLINE} openid").json() == answers[0]
    assert visitor.refresh(partner, answers[0]["refresh_token"]).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-20", "S9.4-04")
@pytest.mark.parametrize("waited", [timedelta(), timedelta(seconds=3), GRACE - timedelta(seconds=2)])
def test_t22_once_the_successor_was_used_the_spent_one_ends_the_family(
    visitor: Browser, partner: Partner, first: str, waited: timedelta
) -> None:
    second = visitor.refresh(partner, first).json()["refresh_token"]
    third = visitor.refresh(partner, second).json()
    wait(waited)
    assert visitor.refresh(partner, first).json()["error"] == "invalid_grant"
    assert visitor.refresh(partner, third["refresh_token"]).json()["error"] == "invalid_grant"
    assert visitor.userinfo(third["access_token"]).status_code == 401
    assert AuditEvent.objects.filter(tag="oidc:refresh:reused").count() == 1


@pytest.mark.requirement("OIDC-BASIC-20")
@pytest.mark.parametrize("scope", ["openid", "openid email", "openid admin", "x"])
def test_t22_another_request_with_a_spent_one_is_a_theft_at_once(
    visitor: Browser, partner: Partner, first: str, scope: str
) -> None:
    newer = visitor.refresh(partner, first).json()["refresh_token"]
    assert visitor.refresh(partner, first, scope=scope).json()["error"] == "invalid_grant"
    assert visitor.refresh(partner, newer).json()["error"] == "invalid_grant"


def test_t22_too_much_scope_with_a_live_one_is_no_theft(
    visitor: Browser, partner: Partner, first: str
) -> None:
    assert visitor.refresh(partner, first, scope="openid admin").json()["error"] == "invalid_scope"
    assert visitor.refresh(partner, first).status_code == 200


def dpop_tokens(holder: KeyHolder, code_from: str) -> dict[str, Any]:
    """Tokens bound to a DPoP key: the code is bound too, or only the token request carries a proof."""
    visitor, person = holder.visitor, make_person()
    if code_from == "pushed":
        return holder.tokens(person, scope="openid offline_access")
    txn = visitor.opened(
        visitor.http.get(f"{visitor.root}authorize", holder.request(scope="openid offline_access"))
    )
    visitor.prove(txn, person)
    return dict(holder.redeem(answer_of(visitor.resume(txn))["code"]).json())


@pytest.mark.parametrize("code_from", ["plain", "pushed"])
@pytest.mark.parametrize("profile", ["", "fapi2"])
def test_t23_a_dpop_client_cannot_refresh_to_bearer(visitor: Browser, code_from: str, profile: str) -> None:
    if (code_from, profile) == ("plain", "fapi2"):
        pytest.skip("this profile pushes its requests")
    fields = {"offline_access": True, "profile": profile, "id_token_signed_response_alg": "ES256"}
    holder = KeyHolder(visitor, fields)
    tokens = dpop_tokens(holder, code_from)
    assert tokens["token_type"] == "DPoP"
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert holder.post("token", body).status_code == 400
    # A confidential client may take another key, and is then held to having one.
    holder.dpop = new_key()
    renewed = holder.post("token", body, dpop=holder.proof("token")).json()
    assert renewed["token_type"] == "DPoP"
    body["refresh_token"] = renewed.get("refresh_token", body["refresh_token"])
    assert holder.post("token", body).json()["error"] in {"invalid_grant", "invalid_request"}
    assert holder.userinfo(renewed["access_token"]).status_code == 200
