"""Basic OP: a code is redeemed once, by its client, with what it was bound to."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from authsvc.audit.models import AuditEvent
from authsvc.limits.in_redis import RedisCounters
from authsvc.limits.limit import forget_counts
from authsvc.oidc.models import Grant, Token
from authsvc.oidc.token import issue
from authsvc.oidc.tokens.access_token import mint
from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser, answer_of, make_partner, make_person
from tests.provider.proofs import KeyHolder

HOUSEKEEPING = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")


@pytest.mark.requirement("OIDC-BASIC-14", "S9.4-04")
def test_a_replayed_code_is_refused_and_revokes_what_was_issued(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    code = visitor.sign_in(partner, person)["code"]
    tokens = visitor.redeem(partner, code).json()
    replay = visitor.redeem(partner, code)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert visitor.userinfo(tokens["access_token"]).status_code == 401
    assert AuditEvent.objects.filter(tag="oidc:code:reused").count() == 1


@pytest.mark.requirement("OIDC-BASIC-14")
def test_a_code_is_refused_after_thirty_seconds(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    code = visitor.sign_in(partner, person)["code"]
    grant = Grant.objects.get()
    Grant.objects.update(code_expires_at=grant.code_expires_at - timedelta(seconds=31))
    assert visitor.redeem(partner, code).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-14")
def test_a_replay_after_thirty_seconds_revokes_what_was_issued(visitor: Browser) -> None:
    partner = make_partner(offline_access=True)
    code = visitor.sign_in(partner, make_person(), scope="openid offline_access")["code"]
    tokens = visitor.redeem(partner, code).json()
    grant = Grant.objects.get()
    Grant.objects.update(code_expires_at=grant.code_expires_at - timedelta(seconds=31))
    assert visitor.redeem(partner, code).json()["error"] == "invalid_grant"
    assert visitor.userinfo(tokens["access_token"]).status_code == 401
    assert visitor.refresh(partner, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-14")
def test_another_client_cannot_redeem_a_code(visitor: Browser) -> None:
    partner, other, person = make_partner(), make_partner(name="Other"), make_person()
    code = visitor.sign_in(partner, person)["code"]
    assert visitor.redeem(other, code).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-14")
def test_the_redirect_uri_of_the_request_is_needed(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    code = visitor.sign_in(partner, person)["code"]
    answer = visitor.redeem(partner, code, redirect_uri="https://partner.example/other")
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-21")
def test_pkce_verifier_is_checked(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    good = visitor.sign_in(partner, person, **visitor.pkce())["code"]
    assert visitor.redeem(partner, good, code_verifier=visitor.verifier).status_code == 200
    for verifier in (None, "x" * 43, "short"):
        code = Browser(visitor.tenant, verifier=visitor.verifier).sign_in(partner, person, **visitor.pkce())[
            "code"
        ]
        assert visitor.redeem(partner, code, code_verifier=verifier).json()["error"] == "invalid_grant"


@pytest.mark.requirement("OIDC-BASIC-21")
@pytest.mark.parametrize("method", ["plain", "", "s256"])
def test_pkce_other_than_s256_is_refused(visitor: Browser, method: str) -> None:
    partner = make_partner()
    asked = {**visitor.pkce(), "code_challenge_method": method or None}
    response = visitor.authorize(partner, **asked)
    assert answer_of(response)["error"] == "invalid_request"


@pytest.mark.requirement("OIDC-BASIC-21")
def test_a_public_client_needs_pkce(visitor: Browser) -> None:
    partner, person = make_partner(token_endpoint_auth_method="none"), make_person()
    assert answer_of(visitor.authorize(partner))["error"] == "invalid_request"
    code = visitor.sign_in(partner, person, **visitor.pkce())["code"]
    answer = visitor.redeem(partner, code, code_verifier=visitor.verifier, client_id=partner.party.client_id)
    assert answer.status_code == 200


@pytest.mark.requirement("OIDC-BASIC-14", "OIDC-BASIC-21")
def test_a_wrong_guess_decides_where_it_comes_before_the_right_one_is_stored(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner, verifier = make_partner(), visitor.verifier
    code = visitor.sign_in(partner, make_person(), **visitor.pkce())["code"]

    def mint_late(*args: Any, **how: Any) -> Any:
        monkeypatch.undo()
        assert visitor.redeem(partner, code, code_verifier="x" * 43).status_code == 400
        return mint(*args, **how)

    monkeypatch.setattr(issue, "mint", mint_late)
    refused = visitor.redeem(partner, code, code_verifier=verifier)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert not Token.objects.exists()
    assert not AuditEvent.objects.filter(tag="oidc:token:issued").exists()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Count limits in Redis, as production does; yields what tells how many questions it was asked.

    They are counted where this process asks: the server's own count holds what other tests ask it meanwhile.
    """
    questions: list[object] = []
    answer = RedisCounters._answer

    def counted(counters: RedisCounters, *question: Any) -> Any:
        questions.append(question)
        return answer(counters, *question)

    monkeypatch.setattr(RedisCounters, "_answer", counted)
    with override_settings(COUNTERS=os.environ["VISOR_TEST_REDIS_URL"]):
        forget_counts()
        yield lambda: len(questions)
        forget_counts()


@pytest.mark.needs("postgresql", "redis")
@pytest.mark.parametrize("offline", [False, True], ids=["access", "and refresh"])
def test_an_exchange_costs_two_statements_and_one_question_about_limits(
    visitor: Browser, asked: Callable[[], int], offline: bool
) -> None:
    scope = "openid offline_access" if offline else "openid"
    partner, person = make_partner(offline_access=True), make_person()
    visitor.tokens(partner, person, scope=scope)
    code = visitor.sign_in(partner, person, scope=scope, prompt="login")["code"]
    before = asked()
    with CaptureQueriesContext(connection) as captured:
        assert visitor.redeem(partner, code).status_code == 200
    # All of them: a transaction around would be two more, and here a savepoint.
    spent = [query["sql"] for query in captured if not query["sql"].startswith("SELECT set_config")]
    assert len(spent) <= 2, "\n".join(spent)
    assert asked() - before == 1


def posted(visitor: Browser, body: dict[str, str]) -> Any:
    return visitor.http.post(f"{visitor.root}token", body)


@pytest.mark.needs("redis")
@pytest.mark.parametrize("name", ["known", "made-up"])
def test_whoever_proves_nothing_is_counted_by_address_alone(
    visitor: Browser, asked: Callable[[], int], name: str
) -> None:
    partner = make_partner()
    visitor.redeem(partner, "x")
    identifier = partner.party.client_id if name == "known" else name
    before = asked()
    answer = posted(visitor, {"client_id": identifier, "client_secret": "x"})
    assert answer.json()["error"] in {"invalid_client", "unauthorized_client"}
    assert asked() - before == 1


def test_whoever_comes_too_often_is_looked_up_nowhere(visitor: Browser) -> None:
    with override_settings(LIMITS={"programs-address": 2}):
        answers = [posted(visitor, {"client_id": "x", "client_secret": "x"}) for _ in range(3)]
        with CaptureQueriesContext(connection) as captured:
            answers.append(posted(visitor, {"client_id": "y", "client_secret": "x"}))
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert not captured.captured_queries


@pytest.mark.needs("postgresql")
def test_an_assertion_and_a_proof_cost_one_statement_more(visitor: Browser) -> None:
    """Both are noted as used at once."""
    holder = KeyHolder(visitor)
    person = make_person()
    holder.tokens(person)
    code = holder.answer(person, holder.push(prompt="login"))["code"]
    proof = holder.proof("token")
    with CaptureQueriesContext(connection) as captured:
        assert holder.redeem(code, dpop=proof).json()["token_type"] == "DPoP"
    spent = [query["sql"] for query in captured if not query["sql"].startswith(HOUSEKEEPING)]
    assert len(spent) <= 4, "\n".join(spent)


@pytest.mark.requirement("OIDC-BASIC-14", "S8.3-03")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_of_parallel_redemptions_one_succeeds(tries: int, shared: Tenant) -> None:
    visitor = Browser(shared)
    partner, person = make_partner(), make_person()
    code = visitor.sign_in(partner, person)["code"]
    start, statuses = threading.Barrier(tries), []

    def redeem() -> None:
        own = Browser(shared, http=Client())
        start.wait()
        try:
            statuses.append(own.redeem(partner, code).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=redeem) for _ in range(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [400] * (tries - 1)
    assert AuditEvent.objects.filter(tag="oidc:token:issued").count() == 1
