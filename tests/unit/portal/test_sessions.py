"""T17: the sessions table opens no session, and shows whose each is; recovery codes are long and hashed."""

import re

import pytest
from django.test import Client

from authsvc.core.ids import secret_hash
from authsvc.core.recoverycodes import COUNT
from portal.accounts.models import AdministratorSession, RecoveryCode, User
from portal.accounts.recovery import make_codes, use_code
from portal.accounts.services import end_sessions
from portal.accounts.sessions import SessionStore
from tests.tenancy.people import make_user, signed_in

pytestmark = pytest.mark.requirement("S9.4-01")


def everything_kept() -> str:
    return str(list(AdministratorSession.objects.values())) + str(
        [row.get_decoded() for row in AdministratorSession.objects.all()]
    )


def test_t17_the_key_of_a_session_is_not_in_the_table(admin: Client, user: User, base: str) -> None:
    assert admin.get(base).status_code == 200
    cookie = admin.cookies["visor_portal"].value
    row = AdministratorSession.objects.get()
    assert row.session_key == secret_hash(cookie)
    assert row.user_id == user.pk
    assert cookie not in everything_kept()


def test_t17_what_the_table_shows_opens_nothing(admin: Client, base: str) -> None:
    thief = Client()
    for found in AdministratorSession.objects.values_list("session_key", flat=True):
        thief.cookies["visor_portal"] = found
        assert thief.get(base).status_code == 302


def test_a_session_is_stored_read_renewed_and_ended(user: User) -> None:
    session = SessionStore()
    session["a"] = 1
    session.save()
    first = session.session_key or ""
    assert SessionStore(first)["a"] == 1
    assert session.exists(first)
    session.cycle_key()
    assert not session.exists(first)
    assert SessionStore(session.session_key)["a"] == 1
    session.flush()
    assert not AdministratorSession.objects.exists()
    assert "a" not in SessionStore(first)


def test_all_of_somebodys_sessions_end_and_nobody_elses(user: User, admin: Client, base: str) -> None:
    second, other = signed_in(user), signed_in(make_user())
    end_sessions(user)
    assert admin.get(base)["Location"].startswith("/account/login/")
    assert second.get(base)["Location"].startswith("/account/login/")
    assert other.get(base).status_code == 404


def test_t17_a_recovery_code_has_64_bits_and_stands_nowhere(user: User) -> None:
    codes = make_codes(user)
    assert len(set(codes)) == COUNT
    for code in codes:
        plain = code.replace("-", "")
        assert re.fullmatch(r"[A-Z2-7]{16}", plain)
        assert len(plain) * 5 >= 64
    kept = str(list(RecoveryCode.objects.values()))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_t17_a_recovery_code_opens_once_and_for_its_owner_alone(user: User) -> None:
    code, second = make_codes(user)[:2]
    assert not use_code(make_user(), code)
    assert use_code(user, code)
    assert not use_code(user, code)
    assert use_code(user, f" {second.lower().replace('-', ' ').replace('o', '0')} ")
    assert user.recovery_codes_left == COUNT - 2
    make_codes(user)
    assert user.recovery_codes_left == COUNT
    assert not use_code(user, second)


@pytest.mark.parametrize("guess", ["", "-", "12345678", "A" * 16])
def test_what_is_no_code_opens_nothing(user: User, guess: str) -> None:
    make_codes(user)
    assert not use_code(user, guess)


def test_codes_are_made_and_shown_once(admin: Client, user: User) -> None:
    page = admin.post("/account/recovery-codes/").content.decode()
    shown = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", page)
    assert len(shown) == COUNT
    assert shown[0] not in admin.get("/account/recovery-codes/").content.decode()
    assert use_code(user, shown[0])
