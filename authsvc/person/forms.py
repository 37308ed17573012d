"""What a person writes on their own page."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def readable(text: str) -> None:
    """Raise ValidationError for characters that are not seen, or change how others are shown."""
    if any(unicodedata.category(character).startswith("C") for character in text):
        raise ValidationError(_("Please use visible characters only."))


class RecoveryForm(forms.Form):
    """A recovery code, and what becomes of the passkeys before."""

    code = forms.CharField(label=_("Recovery code"), max_length=60)
    revoke = forms.BooleanField(
        label=_("Revoke my other passkeys, which I lost"), required=False, initial=True
    )


class NameForm(forms.Form):
    """A passkey's name."""

    name = forms.CharField(label=_("Name"), max_length=80, validators=[readable])
