"""T23: id_token_hint is an ID token; nothing else that this issuer signs stands for a person."""

from collections.abc import Callable

import pytest

from authsvc.oidc.models import Grant, Session
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.sessions.logout.backchannel import logout_token
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person

Other = Callable[[Browser, Partner], str]


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(access_token_format="jwt", userinfo_signed_response_alg="RS256")


def _jarm(visitor: Browser, partner: Partner) -> str:
    return answer_of(visitor.authorize(partner, prompt="none", response_mode="jwt"))["response"]


def _logout(visitor: Browser, partner: Partner) -> str:
    grant = Grant.objects.get()
    return logout_token(partner.party, sid=Session.objects.get().pk, sub=grant.sub)


def _access(visitor: Browser, partner: Partner) -> str:
    return str(visitor.redeem(partner, _code(visitor, partner)).json()["access_token"])


def _userinfo(visitor: Browser, partner: Partner) -> str:
    return visitor.userinfo(_access(visitor, partner)).content.decode()


def _introspection(visitor: Browser, partner: Partner) -> str:
    headers = {**partner.basic(), "Accept": "application/token-introspection+jwt"}
    body = {"token": _access(visitor, partner)}
    return visitor.http.post(f"{visitor.root}introspect", body, headers=headers).content.decode()


def _bare(visitor: Browser, partner: Partner) -> str:
    grant = Grant.objects.get()
    claims = visitor.claims(_id_token(visitor, partner))
    return sign({"iss": claims["iss"], "aud": claims["aud"], "sub": grant.sub}, algorithm="RS256")


def _other_type(visitor: Browser, partner: Partner) -> str:
    return sign(visitor.claims(_id_token(visitor, partner)), algorithm="RS256", typ="at+jwt")


def _code(visitor: Browser, partner: Partner) -> str:
    return answer_of(visitor.authorize(partner, prompt="none"))["code"]


def _id_token(visitor: Browser, partner: Partner) -> str:
    return str(visitor.redeem(partner, _code(visitor, partner)).json()["id_token"])


OTHERS = [_jarm, _logout, _access, _userinfo, _introspection, _bare, _other_type]


@pytest.mark.parametrize("other", OTHERS)
def test_t23_other_statements_of_the_issuer_are_no_hint(
    visitor: Browser, partner: Partner, other: Other
) -> None:
    visitor.sign_in(partner, make_person())
    hint = other(visitor, partner)
    assert hint.count(".") == 2
    assert answer_of(visitor.authorize(partner, id_token_hint=hint))["error"] == "invalid_request"
    # Signing out by it asks nobody to leave at once.
    ended = visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": hint})
    assert ended.status_code in {200, 400}
    assert Session.objects.get().ended_at is None


def test_t23_an_id_token_is_a_hint(visitor: Browser, partner: Partner) -> None:
    visitor.sign_in(partner, make_person())
    hint = _id_token(visitor, partner)
    assert "code" in answer_of(visitor.authorize(partner, id_token_hint=hint, prompt="none"))
    visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": hint})
    assert Session.objects.get().ended_at is not None
