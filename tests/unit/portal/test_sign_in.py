"""Signing in to the portal: password, second factor, limits, and who gets in."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from portal.accounts.adapter import MfaAdapter
from portal.accounts.models import User
from tests.tenancy.people import PASSWORD, signed_in
from tests.unit.portal.app import code_of

pytestmark = pytest.mark.requirement("S9.4-01")


def sign_in(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def test_the_password_alone_leads_to_enrolling_a_second_factor(user: User, base: str) -> None:
    client = sign_in(user)
    assert client.get(base)["Location"] == "/account/second-factor/"
    assert client.get("/portal/")["Location"] == "/account/second-factor/"
    page = client.get("/account/second-factor/").content.decode()
    assert "/account/2fa/webauthn/add/" in page
    assert "/account/2fa/totp/activate/" in page


def test_enrolling_an_app_right_after_signing_in_opens_the_portal(
    user: User, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(user)
    page = client.get("/account/2fa/totp/activate/")
    assert b'class="qr"' in page.content
    assert b"data:image" not in page.content
    secret = page.context["form"].secret
    # The test's own database transaction never commits; in production each request's does.
    monkeypatch.setattr(transaction, "on_commit", lambda run: run())
    client.post("/account/2fa/totp/activate/", {"code": code_of(secret)})
    assert client.get(base).status_code == 200


def test_an_account_with_an_app_is_asked_for_its_code(user: User, base: str) -> None:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client()
    answer = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == "/account/2fa/authenticate/"
    assert client.get(base)["Location"].startswith("/account/login/")
    client.post("/account/2fa/authenticate/", {"code": "000000" if code_of(secret) != "000000" else "1"})
    assert client.get(base).status_code == 302
    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get(base).status_code == 200


def test_a_session_from_before_the_factor_stays_out(user: User, base: str) -> None:
    early = signed_in(user, second_factor=False)
    TOTP.activate(user, generate_totp_secret())
    assert early.get(base)["Location"] == "/account/second-factor/"
    assert "Sign in again" in early.get("/account/second-factor/").content.decode()
    assert early.get("/account/2fa/totp/activate/").status_code == 302


def test_the_last_second_factor_cannot_be_removed(user: User, admin: Client) -> None:
    held = TOTP.activate(user, generate_totp_secret()).instance
    assert not MfaAdapter().can_delete_authenticator(held)
    admin.post("/account/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(pk=held.pk).exists()


def test_the_secret_of_an_app_is_sealed_in_the_database(user: User) -> None:
    secret = generate_totp_secret()
    held = TOTP.activate(user, secret).instance
    assert secret not in str(held.data)
    assert MfaAdapter().decrypt(held.data["secret"]) == secret


def test_an_address_is_called_one_thing(client: Client, db: None) -> None:
    for path in ("login", "password/reset"):
        page = client.get(f"/account/{path}/").content.decode()
        assert "E-mail address" in page
        assert "Email" not in page
        assert "placeholder" not in page


def test_the_way_for_who_forgot_stands_behind_the_field(client: Client, db: None) -> None:
    page = client.get("/account/login/").content.decode()
    assert page.index('for="id_password"') < page.index('name="password"') < page.index("Forgot")


def test_nobody_signs_up(client: Client, db: None) -> None:
    client.post("/account/signup/", {"email": "new@example.org", "password1": PASSWORD})
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("started", "seen", "status"),
    [
        (timedelta(hours=23), timedelta(minutes=59), 200),
        (timedelta(hours=23), timedelta(minutes=61), 302),
        (timedelta(hours=25), timedelta(minutes=1), 302),
    ],
)
def test_a_session_ends_after_a_day_or_an_idle_hour(
    admin: Client, base: str, started: timedelta, seen: timedelta, status: int
) -> None:
    session = admin.session
    session["portal_started"] = (now() - started).isoformat()
    session["portal_seen"] = (now() - seen).isoformat()
    session.save()
    assert admin.get(base).status_code == status


def test_the_first_entry_of_a_session_is_recorded_once(admin: Client, user: User, base: str) -> None:
    for _ in range(3):
        admin.get(base)
    assert AuditEvent.objects.filter(tag=Tag.ADMIN_SIGNED_IN, actor=user.email).count() == 1


def test_a_user_without_a_tenant_is_told_so(tenant: Tenant) -> None:
    lost = User.objects.create_user("lost@example.org", PASSWORD)
    assert "no organisation" in signed_in(lost).get("/portal/").content.decode()


def test_a_user_of_one_tenant_goes_straight_to_it(admin: Client, base: str) -> None:
    assert admin.get("/portal/")["Location"] == base


def test_portal_pages_are_not_kept_by_caches(admin: Client, base: str) -> None:
    assert admin.get(base)["Cache-Control"] == "no-store"


def test_the_theme_is_kept_in_a_cookie_and_goes_nowhere_else(admin: Client, base: str) -> None:
    answer = admin.post("/account/theme/", {"theme": "dark", "next": base})
    assert answer["Location"] == base
    assert 'data-theme="dark"' in admin.get(base).content.decode()
    assert admin.post("/account/theme/", {"theme": "pink"}).status_code == 400
    away = admin.post("/account/theme/", {"theme": "light", "next": "https://evil.example/"})
    assert away["Location"] == "/portal/"


@pytest.mark.parametrize("address", ["stranger@example.org", "Stranger@Example.ORG", "a.b+c@other.example"])
def test_t23_the_reset_form_writes_to_no_stranger(
    user: User, mailoutbox: list[EmailMessage], address: str
) -> None:
    answer = Client().post("/account/password/reset/", {"email": address})
    assert answer["Location"] == "/account/password/reset/done/"
    assert mailoutbox == []


def test_t23_the_reset_form_writes_to_an_administrator(user: User, mailoutbox: list[EmailMessage]) -> None:
    TOTP.activate(user, generate_totp_secret())
    answer = Client().post("/account/password/reset/", {"email": user.email})
    assert answer["Location"] == "/account/password/reset/done/"
    assert [mail.to for mail in mailoutbox] == [[user.email]]
    text = str(mailoutbox[0].body)
    assert text.startswith("Somebody asked to set a new password for your account at testserver.")
    assert ("within three days" in text, settings.PASSWORD_RESET_TIMEOUT) == (True, 3 * 24 * 3600)
    (link,) = re.findall(r"(?m)^http://testserver(/account/password/reset/key/\S+)$", text)
    assert Client().get(link, follow=True).status_code == 200
