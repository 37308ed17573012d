"""FAPI 2.0: pushed authorization requests, PKCE, and long parameters."""

from datetime import timedelta
from typing import Any

import pytest

from authsvc.clients.problems import RegistrationProblems
from authsvc.core.clock import now
from authsvc.oidc.models import PushedRequest
from tests.provider.browser import Browser, answer_of, make_partner, make_person
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder, proof
from tests.provider.tokens import new_key


@pytest.mark.requirement("OIDC-FAPI-01")
def test_a_request_that_was_not_pushed_is_refused(holder: KeyHolder) -> None:
    visitor = holder.visitor
    plain = visitor.http.get(f"{visitor.root}authorize", holder.request())
    assert (plain.status_code, "Location" in plain) == (400, False)
    by_value = {"client_id": holder.name, "request": holder.request_object()}
    assert visitor.http.get(f"{visitor.root}authorize", by_value).status_code == 400
    assert holder.tokens(make_person())["id_token"]


@pytest.mark.requirement("OIDC-FAPI-01")
def test_what_proves_the_client_is_not_stored_with_its_request(holder: KeyHolder) -> None:
    assert holder.push(client_secret="a-secret").status_code == 401
    assert holder.push().status_code == 201
    stored = PushedRequest.objects.get().parameters
    assert stored["client_id"] == holder.name
    assert not {"client_assertion", "client_assertion_type", "client_secret"} & stored.keys()


@pytest.mark.requirement("OIDC-FAPI-01")
def test_any_relying_party_may_be_held_to_pushing(visitor: Browser) -> None:
    partner = make_partner(require_pushed_authorization_requests=True)
    assert visitor.authorize(partner).status_code == 400


@pytest.mark.requirement("OIDC-FAPI-01")
@pytest.mark.parametrize(
    ("method", "forbidden"),
    [
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("token_endpoint_auth_method", "none"),
        ("id_token_signed_response_alg", "RS256"),
        ("request_object_signing_alg", "RS256"),
        ("token_endpoint_auth_signing_alg", "RS256"),
    ],
)
def test_what_the_profile_forbids_cannot_be_registered(visitor: Browser, method: str, forbidden: str) -> None:
    with pytest.raises(RegistrationProblems) as problems:
        KeyHolder(visitor, {**PROFILE, method: forbidden})
    assert method in problems.value.fields


@pytest.mark.requirement("OIDC-FAPI-02")
def test_a_request_uri_is_short_lived_and_says_so(holder: KeyHolder) -> None:
    pushed = holder.push()
    assert (pushed.status_code, pushed["Cache-Control"]) == (201, "no-store")
    assert 5 <= pushed.json()["expires_in"] <= 600
    PushedRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    assert holder.authorize(pushed.json()["request_uri"]).status_code == 400


@pytest.mark.requirement("OIDC-FAPI-02")
def test_a_request_uri_is_bound_to_its_client(visitor: Browser, holder: KeyHolder) -> None:
    other = KeyHolder(visitor, PROFILE)
    assert other.authorize(holder.push().json()["request_uri"]).status_code == 400


@pytest.mark.requirement("OIDC-FAPI-02")
def test_a_request_uri_is_used_up_by_the_answer_and_not_before(holder: KeyHolder) -> None:
    visitor, person = holder.visitor, make_person()
    uri = holder.push().json()["request_uri"]
    # A person who reloads the page has not used it up.
    first, again = holder.authorize(uri), holder.authorize(uri)
    visitor.prove(visitor.opened(first), person)
    txn = visitor.opened(again)
    visitor.prove(txn, person)
    assert "code" in answer_of(visitor.resume(txn))
    assert holder.authorize(uri).status_code == 400
    second = visitor.resume(visitor.opened(first))
    assert answer_of(second)["error"] == "invalid_request_uri"


@pytest.mark.requirement("OIDC-FAPI-02")
def test_a_pushed_request_cannot_refer_to_another(holder: KeyHolder) -> None:
    uri = holder.push().json()["request_uri"]
    refused = holder.push(request_uri=uri)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("OIDC-FAPI-02")
def test_only_post_with_client_authentication(holder: KeyHolder) -> None:
    visitor = holder.visitor
    assert visitor.http.get(f"{visitor.root}par", holder.request()).status_code == 405
    refused = visitor.http.post(f"{visitor.root}par", holder.request())
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("OIDC-FAPI-02")
def test_what_stands_beside_a_pushed_request_does_not_count(holder: KeyHolder) -> None:
    pushed = holder.push(prompt="none")
    beside = {"prompt": "login", "redirect_uri": "https://evil.example/", "state": "forged"}
    answer = answer_of(holder.authorize(pushed.json()["request_uri"], **beside))
    assert (answer["error"], answer["state"]) == ("login_required", "state-1")


@pytest.mark.requirement("OIDC-FAPI-03")
@pytest.mark.parametrize("uri", [None, "https://evil.example/", "https://partner.example/callback/"])
def test_a_pushed_request_names_a_registered_redirect_uri(holder: KeyHolder, uri: str | None) -> None:
    refused = holder.push(redirect_uri=uri)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("OIDC-FAPI-04")
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
def test_pkce_with_s256_is_required(holder: KeyHolder, changes: dict[str, Any]) -> None:
    refused = holder.push(**changes)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("OIDC-FAPI-04")
@pytest.mark.parametrize("verifier", ["", "x" * 43])
def test_the_verifier_is_checked(holder: KeyHolder, verifier: str) -> None:
    code = holder.answer(make_person(), holder.push())["code"]
    assert holder.redeem(code, code_verifier=verifier).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-FAPI-08")
def test_a_dpop_jkt_that_is_not_the_proofs_key(holder: KeyHolder) -> None:
    mismatch = holder.push(dpop=holder.proof("par"), dpop_jkt=new_key().thumbprint())
    assert (mismatch.status_code, mismatch.json()["error"]) == (400, "invalid_dpop_proof")
    assert holder.push(dpop_jkt="no thumbprint").json()["error"] == "invalid_request"
    good = holder.push(dpop=holder.proof("par"), dpop_jkt=holder.dpop.thumbprint())
    assert good.status_code == 201


@pytest.mark.requirement("OIDC-FAPI-08")
def test_a_bad_proof_is_refused_when_pushing(holder: KeyHolder) -> None:
    wrong = proof(holder.dpop, "POST", holder.url("token"))
    assert holder.push(dpop=wrong).json()["error"] == "invalid_dpop_proof"


@pytest.mark.requirement("OIDC-FAPI-10")
def test_long_state_and_nonce_come_back_intact(holder: KeyHolder) -> None:
    state, nonce = "s/+&= " * 100, "n" * 512
    answer = holder.answer(make_person(), holder.push(state=state, nonce=nonce))
    assert (answer["state"], answer["iss"]) == (state, holder.issuer)
    claims = holder.visitor.claims(holder.redeem(answer["code"]).json()["id_token"])
    assert claims["nonce"] == nonce
