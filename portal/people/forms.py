"""Forms of the people's screens."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.core.visible import is_visible
from authsvc.reach.wishes import mail_goes_out
from authsvc.subjects.models import Subject
from portal.ui.forms import NO_ADDRESS

# That letters are joined, or are not, is how names are spelt in Persian and in the languages of India.
_JOINERS: Final = dict.fromkeys((0x200C, 0x200D))

SUSPENDED_FOR: Final = {
    "asked": _("The person asked for it"),
    "away": _("They are away, or their contract rests"),
    "misuse": _("Misuse is suspected"),
    "lost": _("A device was lost or stolen"),
}
"""Why somebody is suspended, by the code that the log has."""


class PersonForm(forms.Form):
    """A new person."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    external_id = forms.CharField(
        label=_("Your own number or name for this person"), max_length=120, required=False
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        help_text=_("Given to relying parties that ask for it."),
        error_messages=NO_ADDRESS,
    )

    by_mail = forms.BooleanField(
        label=_("Mail the link to them"),
        required=False,
        help_text=_("Then nobody else sees it. Without it you get the link, to give on yourself."),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if not mail_goes_out():
            del self.fields["by_mail"]

    def clean(self) -> dict[str, Any]:
        """Refuse to mail a link nowhere."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("by_mail") and not values.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address the link cannot be mailed."))
        return values

    def clean_name(self) -> str:
        """Refuse a name in which something hides, or that turns the words around it."""
        return _readable(self.cleaned_data["name"])

    def clean_external_id(self) -> str:
        """Refuse a number that another person has."""
        value = _readable(self.cleaned_data["external_id"].strip())
        if value and Subject.objects.filter(external_id=value).exists():
            raise forms.ValidationError(_("Another person has this number."))
        return value


class ChangeForm(forms.Form):
    """What is known of a person."""

    name = forms.CharField(label=_("Name"), max_length=120)
    external_id = forms.CharField(
        label=_("Your own number or name for this person"), max_length=120, required=False
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        help_text=_(
            "Relying parties that ask for it are told another one from the next sign-in on, as not verified."
        ),
        error_messages=NO_ADDRESS,
    )
    given_name = forms.CharField(label=_("Given name"), max_length=120, required=False)
    family_name = forms.CharField(label=_("Family name"), max_length=120, required=False)
    phone_number = forms.RegexField(
        r"^\+[0-9 ]{5,20}$",
        label=_("Telephone number"),
        required=False,
        help_text=_("With the country: +44 20 7946 0000."),
        error_messages={"invalid": _("Begin with + and the country’s number.")},
    )
    locale = forms.RegexField(
        r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        label=_("Language"),
        required=False,
        help_text=_("As a language tag: en, de-AT, fr."),
        error_messages={"invalid": _("This is no language tag.")},
    )

    def clean_name(self) -> str:
        """Refuse a name in which something hides."""
        return _readable(str(self.cleaned_data["name"]))


def _readable(text: str) -> str:
    if not is_visible(text.translate(_JOINERS)):
        raise forms.ValidationError(
            _("It holds characters that cannot be seen, or that turn the text around.")
        )
    return text
