"""S9.4-01, T-SSRF: answers that are forged, replayed, mixed up or somebody else's enrol nobody."""

import re
from typing import Any

import pytest
from django.test import Client

from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.enrolment.models import EnrolmentLink
from authsvc.limits.register import SELF_ENROLMENT
from authsvc.self_enrolment.attempt import LIFE
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from tests.outside import Outside
from tests.unit.portal.test_single_sign_on import SIGNED, TOKENS
from tests.unit.self_enrolment.comer import Comer, refusals, set_up

pytestmark = pytest.mark.requirement("S9.4-01")


def assert_nobody(answer: Any, reason: str, *, status: int = 403) -> None:
    assert answer.status_code == status, answer.content.decode()[-2000:]
    assert "This did not work" in answer.content.decode()
    assert reason in refusals()[-1]
    assert not Subject.objects.exists()
    assert not EnrolmentLink.objects.exists()


@pytest.mark.parametrize("fault", TOKENS)
def test_a_token_with_one_wrong_claim_enrols_nobody(comer: Comer, fault: str) -> None:
    comer.provider.spoil = TOKENS[fault]
    assert_nobody(comer.come(), "ID token")


@pytest.mark.parametrize("fault", SIGNED)
def test_a_token_that_the_provider_did_not_sign_enrols_nobody(comer: Comer, fault: str) -> None:
    comer.provider.sign = SIGNED[fault]
    assert_nobody(comer.come(), "ID token")


@pytest.mark.parametrize(
    "changed",
    [
        {"acr": "urn:example:password"},
        {"acr": None},
        {"auth_time": 1_700_000_000},
        {"auth_time": 9_000_000_000},
        {"auth_time": True},
    ],
)
def test_a_sign_in_that_is_too_weak_or_too_old_enrols_nobody(comer: Comer, changed: dict[str, Any]) -> None:
    comer.provider.spoil = lambda claims: {**claims, **changed}
    assert_nobody(comer.come(), "too-weak")


def test_without_demands_any_sign_in_will_do(comer: Comer) -> None:
    set_up(comer.provider, acr_values=[], max_age=0)
    comer.provider.spoil = lambda claims: {
        name: each for name, each in claims.items() if name not in {"acr", "auth_time"}
    }
    comer.notice(comer.come())
    assert not {"acr_values", "max_age"} & comer.provider.asked.keys()


def test_an_answer_that_bears_another_issuer_is_not_looked_at(comer: Comer) -> None:
    comer.provider.iss = "https://evil.example"
    assert_nobody(comer.come(), "RFC 9207")
    assert comer.provider.redeemed == []


def test_an_answer_without_an_issuer_counts_only_where_the_provider_says_so(comer: Comer) -> None:
    address = re.sub(r"&iss=[^&]+", "", comer.provider.answer(comer.begin()))
    assert_nobody(comer.back(address), "RFC 9207")
    comer.provider.iss_in_answers = False
    forget_everything()
    comer.notice(comer.come())


def test_an_attempt_at_the_provider_from_before_is_not_answered(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    set_up(comer.provider, client_id="another")
    assert_nobody(comer.back(address), "the state is of")


def test_a_callback_counts_once_and_in_its_own_browser_alone(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    assert_nobody(Comer(comer.tenant, comer.provider).back(address), "unknown to this browser")
    # A browser that keeps its cookie, whatever it is told.
    kept = dict(comer.http.cookies)
    comer.notice(comer.back(address))
    comer.http.cookies.update(kept)
    assert comer.back(address).status_code == 403
    assert "was answered already" in refusals()[-1]
    assert len(comer.provider.redeemed) == 1
    assert EnrolmentLink.objects.count() == 1


def test_a_cookie_that_was_written_or_changed_opens_nothing(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    [name] = [each for each in comer.http.cookies if "join" in each]
    value = comer.http.cookies[name].value
    comer.http.cookies[name] = value[:-4] + "AAAA"
    assert_nobody(comer.back(address), "unknown to this browser")
    other = comer.provider.answer(comer.begin())
    state = re.search(r"state=([^&]+)", other)
    assert state is not None
    [fresh] = [each for each in comer.http.cookies if "join" in each and each != name]
    # The cookie of another attempt, under this one's name.
    comer.http.cookies[name] = comer.http.cookies[fresh].value
    assert_nobody(comer.back(address), "unknown to this browser")


def test_the_cookie_is_this_hosts_own_and_no_scripts(comer: Comer) -> None:
    comer.begin()
    [cookie] = [each for name, each in comer.http.cookies.items() if "join" in name]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_a_browser_holds_few_attempts(comer: Comer) -> None:
    for _ in range(7):
        comer.begin()
    assert len([name for name, each in comer.http.cookies.items() if "join" in name and each.value]) == 4


def test_an_attempt_is_over_after_ten_minutes(comer: Comer, monkeypatch: pytest.MonkeyPatch) -> None:
    address = comer.provider.answer(comer.begin())
    later = now() + LIFE * 2
    monkeypatch.setattr("authsvc.self_enrolment.attempt.now", lambda: later)
    assert_nobody(comer.back(address), "was begun")


def test_an_error_of_the_provider_is_said_calmly(comer: Comer) -> None:
    for error, reason in (
        ("access_denied", "access_denied"),
        ("unmet_authentication_requirements", "too-weak"),
    ):
        asked = comer.begin()
        query = f"state={asked['state']}&iss={comer.provider.issuer}&error={error}"
        assert_nobody(comer.back(f"{asked['redirect_uri']}?{query}"), reason)


def test_userinfo_about_somebody_else_enrols_nobody(comer: Comer) -> None:
    comer.provider.info = {"sub": "eve", "groups": ["staff"]}
    assert_nobody(comer.come(), "userinfo is about 'eve'")


def test_what_the_provider_signed_stands_before_its_userinfo(comer: Comer) -> None:
    comer.provider.info = {"sub": "ada-7", "name": "Eve", "groups": []}
    assert "Hello Ada Lovelace" in comer.notice(comer.come())


def test_a_provider_that_is_away_is_said_calmly(tenant: Tenant, provider: Outside) -> None:
    set_up(provider, issuer="http://127.0.0.1:9")
    assert_nobody(Client().get(f"/t/{tenant.slug}/join/go"), "provider-away", status=503)


@pytest.mark.parametrize("issuer", ["https://10.0.0.1", "https://[fd00::1]", "https://169.254.169.254"])
def test_t_ssrf_no_internal_address_is_asked(
    tenant: Tenant, provider: Outside, settings: Any, issuer: str
) -> None:
    settings.ALLOW_LOOPBACK_FETCH = False
    set_up(provider, issuer=issuer)
    answer = Client().get(f"/t/{tenant.slug}/join/go")
    assert_nobody(answer, "not a public address", status=503)


def test_an_internal_token_endpoint_is_not_asked_either(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    comer.provider.metadata = {"token_endpoint": "https://10.0.0.1/token"}
    forget_everything()
    assert_nobody(comer.back(address), "not a public address", status=503)


def test_who_tries_without_end_waits(comer: Comer, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, SELF_ENROLMENT.name: 2}
    comer.begin()
    comer.begin()
    answer = comer.http.get(f"{comer.root}go")
    assert_nobody(answer, "self-enrolment-address", status=429)
    assert answer["Retry-After"]


def test_nothing_is_sent_there(comer: Comer) -> None:
    for path in ("", "go", "callback/"):
        assert comer.http.post(f"{comer.root}{path}").status_code == 405
