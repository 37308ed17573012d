"""FAPI 2.0: codes and tokens bound to their client and its key."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest

from authsvc.core.clock import now
from authsvc.oidc.models import Grant
from authsvc.oidc.wire.lifetimes import CODE
from tests.provider.browser import Browser, make_person
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder, proof
from tests.provider.tokens import new_key


@pytest.mark.requirement("OIDC-FAPI-05")
def test_a_code_lives_a_minute_at_most(holder: KeyHolder) -> None:
    assert timedelta(seconds=60) >= CODE
    code = holder.answer(make_person(), holder.push())["code"]
    Grant.objects.update(code_expires_at=now() - timedelta(seconds=1))
    assert holder.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-FAPI-05")
def test_a_code_is_used_once_and_a_second_use_revokes(holder: KeyHolder) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    token = holder.redeem(code).json()["access_token"]
    assert holder.userinfo(token).status_code == 200
    assert holder.redeem(code).json()["error"] == "invalid_grant"
    assert holder.userinfo(token).status_code == 401


@pytest.mark.requirement("OIDC-FAPI-05")
def test_a_code_is_bound_to_its_client(visitor: Browser, holder: KeyHolder) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    assert KeyHolder(visitor, PROFILE).redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-FAPI-05")
@pytest.mark.parametrize("by_parameter", [True, False])
def test_a_code_is_bound_to_the_key_it_was_asked_for(holder: KeyHolder, by_parameter: bool) -> None:
    person = make_person()
    named = {"dpop_jkt": holder.dpop.thumbprint()} if by_parameter else {}

    def code() -> str:
        pushed = holder.push(dpop="" if by_parameter else holder.proof("par"), **named)
        return holder.answer(person, pushed)["code"]

    stranger = proof(new_key(), "POST", holder.url("token"))
    assert holder.redeem(code(), dpop=stranger).json()["error"] == "invalid_grant"
    assert holder.redeem(code()).json()["token_type"] == "DPoP"


@pytest.mark.requirement("OIDC-FAPI-06")
def test_only_bound_tokens_are_issued(holder: KeyHolder) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    refused = holder.redeem(code, dpop="")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("OIDC-FAPI-06")
def test_a_stolen_token_is_worth_nothing(holder: KeyHolder) -> None:
    token = holder.tokens(make_person())["access_token"]
    assert holder.userinfo(token, scheme="Bearer", dpop="").status_code == 401
    assert holder.userinfo(token, scheme="Bearer").status_code == 401
    assert holder.userinfo(token, dpop="").status_code == 401
    stranger = proof(new_key(), "GET", holder.url("userinfo"), token=token)
    assert holder.userinfo(token, dpop=stranger).status_code == 401
    assert holder.userinfo(token).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-06")
def test_a_jwt_access_token_names_its_key(visitor: Browser) -> None:
    holder = KeyHolder(visitor, {**PROFILE, "access_token_format": "jwt"})
    token = holder.tokens(make_person())["access_token"]
    assert visitor.claims(token)["cnf"] == {"jkt": holder.dpop.thumbprint()}
    header = json.loads(urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header["typ"] == "at+jwt"
    assert holder.userinfo(token).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-06")
def test_refresh_tokens_are_not_rotated_and_need_a_proof(holder: KeyHolder) -> None:
    tokens = holder.tokens(make_person(), scope="openid offline_access")
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert holder.post("token", body).status_code == 400
    for _ in range(2):
        again = holder.post("token", body, dpop=holder.proof("token"))
        assert again.status_code == 200
        assert "refresh_token" not in again.json()
    assert holder.userinfo(again.json()["access_token"]).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-11")
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
def test_the_scheme_is_written_in_any_case(holder: KeyHolder, scheme: str) -> None:
    token = holder.tokens(make_person())["access_token"]
    assert holder.userinfo(token, scheme=scheme).status_code == 200
