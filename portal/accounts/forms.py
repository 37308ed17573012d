"""Forms of an administrator's own account, where django-allauth's lack something."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey; its name has a label that can be translated."""

    name = forms.CharField(label=_("Name"), required=False)
