"""Removing a passkey of one's own account, but never the last factor: without one the portal stays shut."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from portal.accounts.models import User
from tests.tenancy.people import make_user, signed_in

pytestmark = [pytest.mark.requirement("S9.4-01"), pytest.mark.django_db]


def _passkey(user: User) -> Authenticator:
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key"}
    )


def _remove(user: User, passkey: Authenticator) -> int:
    path = f"/account/2fa/webauthn/keys/{passkey.pk}/remove/"
    browser = signed_in(user)
    assert "Blue key" in browser.get(path).content.decode()
    return browser.post(path).status_code


def test_the_only_passkey_stays() -> None:
    user = make_user(email="ada@example.org")
    passkey = _passkey(user)
    assert _remove(user, passkey) == 409
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_a_passkey_beside_an_app_can_be_removed() -> None:
    user = make_user(email="ada@example.org")
    TOTP.activate(user, generate_totp_secret())
    passkey = _passkey(user)
    assert _remove(user, passkey) == 302
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()


def test_nobody_removes_a_passkey_of_another() -> None:
    passkey = _passkey(make_user(email="ada@example.org"))
    other = signed_in(make_user(email="bob@example.org"))
    assert other.post(f"/account/2fa/webauthn/keys/{passkey.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()
