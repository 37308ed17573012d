"""An administrator's own account: where they are signed in, what their passkeys are, language and zone."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.translation import override
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.ids import b64u
from portal.accounts.devices import device_in
from portal.accounts.makers import MAKERS, maker_in
from portal.accounts.models import AdministratorSession, User
from tests.tenancy.people import signed_in

PAGE = "/account/2fa/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
KEY = {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}


def registration(aaguid: str) -> dict[str, Any]:
    """What a browser sends of a new passkey."""
    data = AttestedCredentialData.create(UUID(aaguid).bytes, b"id", ES256(KEY))
    made = AuthenticatorData.create(b"h" * 32, AuthenticatorData.FLAG.AT, 0, data)
    said = {
        "clientDataJSON": b64u(b'{"type":"webauthn.create","challenge":"YQ","origin":"https://a.example"}'),
        "attestationObject": b64u(bytes(AttestationObject.create("none", made, {}))),
    }
    return {"id": b64u(b"id"), "rawId": b64u(b"id"), "type": "public-key", "response": said}


def test_a_passkey_is_called_after_its_maker() -> None:
    for aaguid, maker in MAKERS.items():
        assert maker_in(registration(aaguid)) == maker
    assert maker_in(registration("01020304-0506-0708-0102-030405060708")) == ""
    broken: list[dict[str, Any]] = [{}, {"id": 7}, {"response": {}}]
    for odd in broken:
        assert maker_in(odd) == ""


@pytest.mark.parametrize(
    ("agent", "called"), [(FIREFOX, "Firefox, Windows"), (SAFARI, "Safari, iPhone"), ("", "Unknown device")]
)
def test_a_device_is_called_as_it_says(agent: str, called: str) -> None:
    assert device_in(agent) == called


def test_one_session_or_all_others_are_ended(user: User, base: str) -> None:
    here, phone, desk = (signed_in(user) for _ in range(3))
    phone.get(base, headers={"user-agent": SAFARI})
    desk.get(base, headers={"user-agent": FIREFOX})
    page = here.get(PAGE).content.decode()
    assert page.count("This one") == 1
    assert "Safari, iPhone" in page
    assert "Firefox, Windows" in page
    [key] = [
        row.session_key
        for row in AdministratorSession.objects.all()
        if row.get_decoded().get("portal_agent") == SAFARI
    ]
    here.post("/account/sessions/", {"session": key})
    assert phone.get(base).status_code == 302
    assert desk.get(base).status_code == 200
    here.post("/account/sessions/", {"all": "1"})
    assert desk.get(base).status_code == 302
    assert here.get(base).status_code == 200
    assert AuditEvent.objects.filter(tag=Tag.ADMIN_SESSIONS_ENDED).count() == 2


def test_nobody_ends_anothers_session_or_without_a_second_factor(
    user: User, colleague: User, admin: Client, base: str
) -> None:
    other = signed_in(colleague)
    [row] = AdministratorSession.objects.filter(user=colleague)
    admin.post("/account/sessions/", {"session": row.session_key})
    assert other.get(base).status_code == 200
    half = signed_in(user, second_factor=False)
    assert half.post("/account/sessions/", {"all": "1"})["Location"] == "/account/second-factor/"
    assert admin.get(base).status_code == 200


def test_language_and_zone_are_those_that_were_chosen(admin: Client, user: User, base: str) -> None:
    admin.post("/account/preferences/", {"language": "en", "zone": "Asia/Tokyo"})
    user.refresh_from_db()
    assert (user.language, user.zone) == ("en", "Asia/Tokyo")
    answer = admin.get(f"{base}audit/", headers={"accept-language": "xx"})
    assert 'data-zone="Asia/Tokyo"' in answer.content.decode()
    assert answer["Content-Language"] == "en"
    admin.post("/account/preferences/", {"language": "tlh", "zone": "Asia/Tokyo"})
    user.refresh_from_db()
    assert user.language == "en"
    user.language = "tlh"
    user.save()
    assert admin.get(base).status_code == 200


def test_a_moment_is_shown_in_the_chosen_zone_with_utc_beside(admin: Client, user: User, base: str) -> None:
    from django.template import Context, Template
    from django.test import RequestFactory
    from django.utils.dateparse import parse_datetime

    request = RequestFactory().get("/")
    user.zone = "Asia/Tokyo"
    request.user = user
    template = Template("{% load visor %}{% when at %}")
    shown = template.render(Context({"request": request, "at": parse_datetime("2001-05-06T20:00:00Z")}))
    assert "7 May 2001 05:00:00" in shown
    assert "6 May 2001 20:00 UTC" in shown


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ("Current password", "New password", "New password, once more")),
        ("de", ("Aktuelles Passwort", "Neues Passwort", "Neues Passwort noch einmal")),
        ("fr", ("Mot de passe actuel", "Nouveau mot de passe", "Nouveau mot de passe, encore une fois")),
    ],
)
def test_the_fields_of_a_password_are_named_in_the_readers_language(
    admin: Client, language: str, labels: tuple[str, ...]
) -> None:
    with override(language):  # what a request sets would stay for the tests after it
        answer = admin.get("/account/password/change/", headers={"accept-language": language})
        page = answer.content.decode()
    for label in labels:
        assert f">{label}</label>" in page
    assert "placeholder" not in page
