"""What django-allauth asks us: who may sign up, what is confirmed again, how secrets are kept."""

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from authsvc.core.addresses import client_address
from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal, unseal_any
from authsvc.core.ids import b64u, unb64u
from authsvc.core.qr import qr_svg
from authsvc.keys.held import django_keys
from authsvc.limits.limit import TooMany
from authsvc.management.acting import FRESH
from portal.accounts import failures, second_factor, tries
from portal.accounts.models import User
from portal.accounts.second_factor import FACTORS


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation or command only, and open by no password alone."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "too_many_login_attempts": _(
            "That was wrong too often from where you are. Wait five minutes, or use your passkey."
        ),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Refuse everybody."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the password before it is looked at, and refuse what was tried too often."""
        account = credentials.get("email", "")
        try:
            self._costs = tries.spend_password(request, account)
        except TooMany as refused:
            failures.note(request, _known(account), factor="password", reason="too-many")
            raise tries.explained(refused) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return whose password it is, None for nobody's; what is right costs nothing."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            tries.give_back(self._costs)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down that a password was wrong."""
        failures.note(request, _known(credentials.get("email", "")), factor="password", reason="wrong")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return whom a request comes from."""
        return client_address(request)

    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:
        """Ask again before a change of credentials, unless passkey or second factor was used minutes ago.

        Who owns neither yet, and is about to enrol the first, gave the password minutes ago.
        """
        user = self.request.user
        proven = second_factor.proven_at(self.request, user)
        if proven is None and not second_factor.enrolled(user):
            proven = _signed_in_at(self.request, user)
        return proven is None or now() - proven > FRESH

    def set_password(self, user: Any, password: str) -> None:
        """Store a new password and nothing else: the portal may not write every column of an account."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Take the password for a proof only where the account owns nothing better."""
        return not second_factor.enrolled(user) and bool(super().reauthenticate(user, password))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer what `reauthenticate` takes, and no password beside a factor."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [way for way in ways if way["id"] != "reauthenticate" or not second_factor.enrolled(user)]

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Send no link to who owns no second factor: it would open the account alone (T11)."""
        if second_factor.enrolled(user):
            super().send_password_reset_mail(user, email, context)
        else:
            self.send_mail("account/email/ask_an_owner", email, {"request": self.request})


def _known(account: str) -> User | None:
    return User.objects.filter(email=account.strip().lower()).first()


def _signed_in_at(request: HttpRequest, user: User) -> datetime | None:
    moments = [entry["at"] for entry in get_authentication_records(request, user)]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None


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
        return b64u(seal(self._keys()[0], text.encode(), self._AAD))

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed; raises CannotOpen."""
        return unseal_any(self._keys(), unb64u(encrypted_text), self._AAD).decode()

    def is_current(self, encrypted_text: str) -> bool:
        """Tell whether a secret is sealed under the key in use, not one that a rotation still accepts."""
        try:
            unseal(self._keys()[0], unb64u(encrypted_text), self._AAD)
        except CannotOpen:
            return False
        return True

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        """Return what a new passkey is called until it is renamed."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)d") % {"number": count + 1}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to remove the last passkey or app: the portal needs one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def _keys(self) -> list[bytes]:
        return [derive(key, info=b"visor/portal/second-factor/v1") for key in django_keys()]
