"""What django-allauth asks us: who may sign up, what is confirmed again, how secrets are kept."""

import time

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString

from authsvc.core.envelope import context, derive, seal, unseal
from authsvc.core.ids import b64u, unb64u
from portal.accounts.second_factor import FACTORS
from portal.ui.qr import qr_svg


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation or command only."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Refuse everybody."""
        return False

    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:
        """Ask again before a change of credentials, unless the person signed in minutes ago."""
        entries = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - entry["at"] < app_settings.REAUTHENTICATION_TIMEOUT for entry in entries)


class MfaAdapter(DefaultMFAAdapter):
    """Second factors: sealed in the database, and never all removed."""

    _AAD = context("visor/portal/second-factor/v1")

    def get_totp_issuer(self) -> str:
        """Return what authenticator apps show."""
        return "Visor"

    def build_totp_svg(self, url: str) -> SafeString:
        """Return the QR code of an otpauth address as SVG to put into the page."""
        return qr_svg(url)

    def encrypt(self, text: str) -> str:
        """Seal a secret, so that the database alone gives away no second factor."""
        return b64u(seal(self._key(), text.encode(), self._AAD))

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed; raises CannotOpen."""
        return unseal(self._key(), unb64u(encrypted_text), self._AAD).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to remove the last passkey or app: the portal needs one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def _key(self) -> bytes:
        return derive(settings.SECRET_KEY.encode(), info=b"visor/portal/second-factor/v1")
