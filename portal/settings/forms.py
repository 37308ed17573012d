"""Forms of the settings; what a value may be is decided by authsvc.management.organisation."""

import base64
import binascii

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authsvc.branding.accent import is_colour
from authsvc.branding.logo import LARGEST
from authsvc.management.organisation import LONGEST_NAME


class OrganisationForm(forms.Form):
    """What the organisation is called and speaks; a language is asked for where there are several."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("It stands on every page and mail that people get from you, and in their app’s list."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    language = forms.ChoiceField(
        label=_("Default language"),
        required=False,
        help_text=_("For people whose browser names none of these. All others are spoken to in theirs."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]
        else:
            self.fields["language"].choices = [  # type: ignore[attr-defined]
                ("", _("That of this server")),
                *settings.LANGUAGES,
            ]


class AccentForm(forms.Form):
    """One colour."""

    accent = forms.CharField(
        label=_("Accent colour"),
        max_length=7,
        required=False,
        help_text=_(
            "# and six digits, such as #1a4fc2, of buttons, links and marks. Where it is too faint to read, "
            "pages use a darker or lighter shade of it. Empty: Visor’s blue."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )

    def clean_accent(self) -> str:
        """Return the colour in small letters."""
        colour = str(self.cleaned_data["accent"]).strip().lower()
        if colour and not is_colour(colour):
            raise ValidationError(_("Write a colour as # and six digits from 0 to f, like #1a4fc2."))
        return colour


class LogoForm(forms.Form):
    """A picture, which a script put into the form as base64: no request of ours takes files."""

    picture = forms.CharField(
        label=_("Picture"),
        required=False,
        max_length=LARGEST * 2,
        widget=forms.HiddenInput(attrs={"data-file-for": "logo"}),
    )

    def clean_picture(self) -> bytes:
        """Return the picture's bytes."""
        text = str(self.cleaned_data["picture"])
        if not text:
            raise ValidationError(_("Choose a picture first."))
        try:
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            raise ValidationError(_("The picture did not arrive whole. Choose it again.")) from None
