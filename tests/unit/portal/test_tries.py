"""T17: guessing an administrator's password or code ends, and keeps nobody else out."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.limits.limit import forget_counts
from authsvc.limits.register import FAILURES_NOTED
from portal.accounts.models import User
from tests.tenancy.people import PASSWORD, make_user
from tests.unit.portal.app import code_of

pytestmark = pytest.mark.requirement("S9.4-01")
NO_PASSKEY = '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}'
HERE, THERE = "203.0.113.9", "198.51.100.7"


def sign_in(account: str, password: str = PASSWORD, address: str = HERE, **headers: str) -> Any:
    given = {"login": account, "password": password}
    return Client(REMOTE_ADDR=address).post("/account/login/", given, headers=headers)


def went_on(answer: Any) -> bool:
    return int(answer.status_code) == 302


def failed(user: User) -> list[tuple[str, str]]:
    found = AuditEvent.objects.filter(tag=Tag.ADMIN_SIGN_IN_FAILED, actor=user.email).order_by("sequence")
    return [(event.details["factor"], event.reason) for event in found]


def test_t17_six_wrong_passwords_refuse_the_seventh_from_there_alone(user: User) -> None:
    for _ in range(6):
        assert not went_on(sign_in(user.email, "wrong"))
    assert not went_on(sign_in(user.email))
    assert went_on(sign_in(user.email, address=THERE))


@pytest.mark.requirement("S9.4-08")
def test_whoever_tries_too_often_is_told_when_to_come_again(user: User) -> None:
    for _ in range(5):
        assert sign_in(user.email, "wrong").status_code == 200
    refused = sign_in(user.email, "wrong")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 600
    assert "too often" in refused.content.decode()


@pytest.mark.requirement("S9.4-08")
def test_where_nobody_can_count_no_password_is_looked_at(user: User, settings: Any) -> None:
    settings.COUNTERS = "redis://127.0.0.1:1"
    refused = sign_in(user.email)
    forget_counts()
    assert (refused.status_code, refused["Retry-After"]) == (503, "10")
    assert "cannot be done at the moment" in refused.content.decode()


def test_t17_ten_failures_by_one_address_lock_nobody_else_behind_it(user: User) -> None:
    for number in range(10):
        sign_in(f"guess-{number}@example.org", "wrong")
        sign_in("victim@example.org", "wrong")
    assert went_on(sign_in(user.email))
    assert went_on(sign_in(make_user().email))


def test_t17_what_is_right_costs_nothing(user: User) -> None:
    for _ in range(12):
        assert went_on(sign_in(user.email))


def test_t17_the_letters_of_an_address_make_no_other_account(user: User) -> None:
    for number in range(6):
        spelled = user.email.upper() if number % 2 else f" {user.email}"
        sign_in(spelled, "wrong")
    assert not went_on(sign_in(user.email))


def test_t17_guessing_one_account_from_everywhere_ends_too(user: User) -> None:
    for number in range(110):
        sign_in(user.email, "wrong", address=f"192.0.2.{number}")
    assert not went_on(sign_in(user.email, address=THERE))


def test_t17_a_passkey_is_exempt(user: User) -> None:
    """Whatever was guessed, the passkey's own form still looks at what it is given."""
    for _ in range(12):
        sign_in(user.email, "wrong")
    for _ in range(15):
        answer = Client(REMOTE_ADDR=HERE).post("/account/2fa/webauthn/login/", {"credential": NO_PASSKEY})
        assert answer["Location"] == "/account/login/"


def test_t17_wrong_codes_end_but_not_the_passkey_beside_them(user: User, base: str) -> None:
    key = generate_totp_secret()
    TOTP.activate(user, key)
    browser = Client(REMOTE_ADDR=HERE)
    browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    for _ in range(6):
        browser.post("/account/2fa/authenticate/", {"code": "12345"})
    right = code_of(key)
    page = browser.post("/account/2fa/authenticate/", {"code": right}).content.decode()
    assert "wrong too often" in page
    page = browser.post("/account/2fa/authenticate/", {"credential": NO_PASSKEY}).content.decode()
    assert "too often" not in page
    elsewhere = Client(REMOTE_ADDR=THERE)
    elsewhere.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert went_on(elsewhere.post("/account/2fa/authenticate/", {"code": right}))


def test_t17_failures_are_written_down_without_what_was_given(user: User) -> None:
    for _ in range(6):
        sign_in(user.email, "not the pass phrase")
    assert failed(user) == [("password", "wrong")] * 5 + [("password", "too-many")]
    kept = str(list(AuditEvent.objects.values()))
    assert "not the pass phrase" not in kept
    assert HERE in kept


def test_t17_a_wrong_code_and_a_wrong_passkey_are_written_down(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())
    browser = Client()
    browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    browser.post("/account/2fa/authenticate/", {"code": "12345"})
    browser.post("/account/2fa/authenticate/", {"credential": NO_PASSKEY})
    assert failed(user) == [("code", "wrong"), ("passkey", "wrong")]


def test_t17_nothing_is_kept_of_an_account_that_there_is_not(user: User) -> None:
    before = AuditEvent.objects.count()
    sign_in("my password by mistake", "wrong")
    sign_in("stranger@example.org", "wrong")
    assert AuditEvent.objects.count() == before


def test_t17_a_flood_of_failures_does_not_fill_the_log(user: User) -> None:
    for number in range(60):
        sign_in(user.email, "wrong", address=f"192.0.2.{number}")
    assert len(failed(user)) == FAILURES_NOTED.most


@pytest.mark.parametrize(
    ("count", "sent", "whose"),
    [
        (0, "192.0.2.1", "203.0.113.9"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
        (2, "6.6.6.6", "203.0.113.9"),
    ],
)
def test_t17_as_many_proxies_are_believed_as_there_are(
    user: User, settings: Any, count: int, sent: str, whose: str
) -> None:
    settings.PROXY_COUNT = count
    sign_in(user.email, "wrong", **{"x-forwarded-for": sent})
    event = AuditEvent.objects.get(tag=Tag.ADMIN_SIGN_IN_FAILED)
    assert event.details["address"] == whose
