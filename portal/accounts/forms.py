"""Forms of an administrator's own account, where django-allauth's lack something.

A code that is wrong is counted (tries.py) and written down (failures.py); a passkey cannot be guessed, so it
is written down only, and nothing that others do keeps it from opening.
"""

from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ConfirmForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal.auth import extract_user_from_response
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authsvc.limits.limit import TooMany
from portal.accounts import failures, recovery, tries
from portal.accounts.makers import maker_in
from portal.accounts.models import User
from portal.ui.forms import NO_ADDRESS

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
}
HELP = {"password1": _("Twelve characters at least; several words are best.")}


class _Named:
    """Fields that are called as everywhere else here, in each of our languages.

    No example stands in one: it would go as soon as one writes.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HELP.get(name, field.help_text)
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.error_messages.update(NO_ADDRESS)


class SignInForm(_Named, LoginForm):
    """The sign-in with a password."""


class ForgottenForm(_Named, ResetPasswordForm):
    """Whom to send the link for a new password."""


class OtherPasswordForm(_Named, ChangePasswordForm):
    """Another password in place of the one that is known."""


class PasswordByLinkForm(_Named, ResetPasswordKeyForm):
    """Another password, by the link of a mail."""


class PasswordAgainForm(_Named, ReauthenticateForm):
    """The password in the middle of a session."""


class AppForm(_Named, ActivateTOTPForm):
    """The first code of an authenticator app."""


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey; its name has a label that can be translated."""

    name = forms.CharField(label=_("Name"), max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        """Name a passkey after its maker, where nobody gave it another name than the one proposed."""
        values: dict[str, Any] = super().clean()
        maker = maker_in(values.get("credential") or {})
        if maker and values.get("name") == self.initial.get("name"):
            values["name"] = maker
        return values


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name of a passkey, under a label that can be translated."""

    name = forms.CharField(label=_("Name"), max_length=80)


class _ByCode(_Named):
    """The six digits of the app, or one of the recovery codes."""

    user: User
    cleaned_data: dict[str, Any]
    authenticator: Authenticator | None
    reauthenticated: bool | None = None

    def clean_code(self) -> str:
        """Return the code that is right, and used up by now; raises ValidationError."""
        code: str = self.cleaned_data["code"]
        try:
            costs = tries.spend_code(context.request, self.user)
        except TooMany as refused:
            failures.note(context.request, self.user, factor="code", reason="too-many")
            raise tries.explained(refused) from None
        if not self._opens(code):
            failures.note(context.request, self.user, factor="code", reason="wrong")
            raise get_adapter().validation_error("incorrect_code")
        tries.give_back(costs)
        return code

    def save(self) -> None:
        """Note in the session that a second factor was used."""
        if self.authenticator is not None:
            super().save()  # type: ignore[misc]
            return
        kind = "recovery_code"
        record_authentication(
            context.request, self.user, "mfa", type=kind, reauthenticated=self.reauthenticated
        )

    def _opens(self, code: str) -> bool:
        app = Authenticator.objects.filter(user_id=self.user.pk, type=Authenticator.Type.TOTP).first()
        self.authenticator = app if app is not None and app.wrap().validate_code(code) else None
        return self.authenticator is not None or recovery.use_code(self.user, code)


class CodeForm(_ByCode, AuthenticateForm):
    """A code as the second step of signing in."""


class CodeAgainForm(_ByCode, ConfirmForm):
    """A code in the middle of a session."""

    reauthenticated = True


class _ByPasskey:
    """A passkey's answer."""

    user: User | None
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        """Return the passkey that answered; raises ValidationError."""
        given = self.cleaned_data["credential"]
        try:
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            owner = self.user or _claimed(given)
            if owner is not None:
                failures.note(context.request, owner, factor="passkey", reason="wrong")
            raise
        return found


def _claimed(given: Any) -> User | None:
    """Return whose passkey it claims to be."""
    try:
        found: User = extract_user_from_response(given)
    except ValidationError:
        return None
    return found


class PasskeyForm(_ByPasskey, LoginWebAuthnForm):
    """A passkey in place of password and code."""


class PasskeyAsSecondForm(_ByPasskey, AuthenticateWebAuthnForm):
    """A passkey as the second step of signing in."""


class PasskeyAgainForm(_ByPasskey, ReauthenticateWebAuthnForm):
    """A passkey in the middle of a session."""
