"""T13: in the middle of an act the portal asks for passkey or code, and then does what the form said."""

import re
from html import unescape
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from authsvc.clients.models import RelyingParty
from authsvc.enrolment.models import EnrolmentLink
from authsvc.subjects.models import Subject
from portal.accounts.models import AdministratorSession, User
from portal.accounts.recovery import make_codes
from tests.factories import make_subject
from tests.tenancy.people import PASSWORD
from tests.unit.portal.app import code_of
from tests.unit.portal.test_relying_party_form import posted

pytestmark = pytest.mark.requirement("S9.4-01")


def let_pass(browser: Client, seconds: float) -> None:
    """Let so much time have passed since the browser's session proved anything."""
    session = browser.session
    for entry in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        entry["at"] -= seconds
    session.save()


def fields_of(page: str) -> dict[str, str]:
    """What the page's forms carry."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


@pytest.fixture
def key(user: User) -> str:
    """The key of the administrator's app."""
    made: str = generate_totp_secret()
    TOTP.activate(user, made)
    return made


@pytest.fixture
def stale(admin: Client) -> Client:
    """The administrator's browser, whose proof is older than five minutes."""
    let_pass(admin, 301)
    return admin


def test_t13_a_stolen_session_makes_no_link(stale: Client, base: str, key: str) -> None:
    person = make_subject()
    answer = stale.post(f"{base}people/{person.pk}/links/")
    assert answer.status_code == 403
    assert "Confirm that it is you" in answer.content.decode()
    assert not EnrolmentLink.objects.exists()


def test_t13_the_code_lets_the_act_go_on_with_the_same_form(stale: Client, base: str, key: str) -> None:
    given = {
        "name": "Ada “the first” <Lovelace>",
        "external_id": "7",
        "email": "ada@example.org",
        "once": "k",
    }
    page = stale.post(f"{base}people/new/", given).content.decode()
    carried = fields_of(page)
    assert given.items() <= carried.items()
    wrong = stale.post(f"{base}people/new/", {**given, "prove-code": "12345"})
    assert wrong.status_code == 403
    assert given.items() <= fields_of(wrong.content.decode()).items()
    assert "12345" not in fields_of(wrong.content.decode()).values()
    assert not Subject.objects.exists()
    before = {row.pk for row in AdministratorSession.objects.all()}
    right = stale.post(f"{base}people/new/", {**given, "prove-code": code_of(key)})
    assert right.status_code == 302
    assert Subject.objects.get().name == given["name"]
    # The session goes on under another key, which a thief of the old one has not.
    assert not before & {row.pk for row in AdministratorSession.objects.all()}
    assert stale.post(f"{base}people/new/", {**given, "name": "Grace", "external_id": "8"}).status_code == 302


def test_t13_lists_and_lines_of_a_form_come_back_as_they_were(stale: Client, base: str, key: str) -> None:
    addresses = "https://a.example/cb\r\nhttps://a.example/second"
    given: dict[str, Any] = posted(redirect_uris=addresses, scopes=["openid", "email"])
    page = stale.post(f"{base}relying-parties/new/", given)
    assert page.status_code == 403
    assert page.content.decode().count('name="scopes"') == 2
    again = {**given, "prove-code": code_of(key)}
    assert stale.post(f"{base}relying-parties/new/", again).status_code == 302
    party = RelyingParty.objects.get()
    assert party.redirect_uris == addresses.split("\r\n")
    assert sorted(party.scopes) == ["email", "openid"]


def test_t13_a_recovery_code_is_a_proof_once(stale: Client, base: str, user: User, key: str) -> None:
    code = make_codes(user)[0]
    person = make_subject()
    assert stale.post(f"{base}people/{person.pk}/links/", {"prove-code": code}).status_code == 302
    let_pass(stale, 301)
    assert stale.post(f"{base}people/{person.pk}/links/", {"prove-code": code}).status_code == 403
    assert EnrolmentLink.objects.count() == 1


def test_t13_the_password_is_no_proof_where_there_is_a_factor(stale: Client, user: User, key: str) -> None:
    page = stale.get("/account/2fa/webauthn/add/")
    assert page["Location"].startswith("/account/2fa/reauthenticate/")
    stale.post("/account/reauthenticate/", {"password": PASSWORD})
    assert stale.get("/account/2fa/webauthn/add/").status_code == 302
    stale.post("/account/2fa/reauthenticate/", {"code": code_of(key)})
    assert stale.get("/account/2fa/webauthn/add/").status_code == 200


def test_t17_asking_again_keeps_no_key_of_a_session(stale: Client, user: User, key: str) -> None:
    answer = stale.post("/account/recovery-codes/")
    assert answer["Location"] == "/account/recovery-codes/"
    stale.get(answer["Location"])
    cookie = stale.cookies["visor_portal"].value
    assert not any(cookie in str(row.get_decoded()) for row in AdministratorSession.objects.all())


@pytest.mark.parametrize("seconds", [0, 200, 240])
def test_a_fresh_session_is_asked_nothing(admin: Client, base: str, seconds: int) -> None:
    let_pass(admin, seconds)
    person = make_subject()
    assert admin.post(f"{base}people/{person.pk}/links/").status_code == 302


def test_a_proof_that_nobody_asked_for_has_to_be_right_too(admin: Client, base: str, key: str) -> None:
    person = make_subject()
    answer = admin.post(f"{base}people/{person.pk}/links/", {"prove-credential": "{}"})
    assert answer.status_code == 403
    assert not EnrolmentLink.objects.exists()
