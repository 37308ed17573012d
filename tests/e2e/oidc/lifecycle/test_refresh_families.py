"""Refresh tokens rotate in families: a theft ends the family, a lost answer does not (RFC 9700, 4.14.2)."""

from datetime import timedelta

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.oidc.models import Token
from authsvc.oidc.token.refresh import GRACE, RACE
from tests.e2e.oidc.browser import Browser, Partner, make_partner, make_person
from tests.e2e.oidc.proofs import KeyHolder
from tests.e2e.oidc.tokens import new_key

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
    wait(RACE + timedelta(seconds=1))
    assert visitor.refresh(partner, first).json() == lost
    assert visitor.refresh(partner, lost["refresh_token"]).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-20")
def test_a_retry_that_asks_for_something_else_is_a_theft(
    visitor: Browser, partner: Partner, first: str
) -> None:
    newer = visitor.refresh(partner, first).json()["refresh_token"]
    wait(RACE + timedelta(seconds=1))
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
