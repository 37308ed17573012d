"""What forms about an organisation's own provider have in common, whoever signs in there."""

from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.federation.metadata import may_be_called, provider_of

PLAIN: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
SCOPES: Final = "openid profile email"
_MOST_LINES: Final = 200
_LONGEST_VALUE: Final = 200


class Lines(forms.CharField):
    """Texts, one a line; blank lines and repetitions are left out."""

    def __init__(self, **options: Any) -> None:
        rows = {"rows": 2, **PLAIN}
        super().__init__(required=False, widget=forms.Textarea(attrs=rows), **options)

    def to_python(self, value: Any) -> Any:
        """Return the lines; raises ValidationError."""
        lines = [line.strip() for line in (value or "").splitlines()]
        found = list(dict.fromkeys(line for line in lines if line))
        if len(found) > _MOST_LINES or any(len(line) > _LONGEST_VALUE for line in found):
            raise ValidationError(_("Too many lines, or too long ones."))
        return found


class OwnProviderForm(forms.Form):
    """Where somebody signs in; a form of its kind says the rest, and `groups`: headings with their fields."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("It stands on the button: Sign in with …")
    )
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=500,
        help_text=_("Such as https://id.example.org. Everything else is read from there."),
        widget=forms.TextInput(attrs={"inputmode": "url", **PLAIN}),
    )
    client_id = forms.CharField(label=_("Client ID"), max_length=200, widget=forms.TextInput(attrs=PLAIN))
    scopes = forms.CharField(
        label=_("Scopes"),
        max_length=200,
        initial=SCOPES,
        help_text=_("Add the one that the claim needs, where it needs one."),
        widget=forms.TextInput(attrs=PLAIN),
    )

    groups: ClassVar[tuple[tuple[Text, tuple[str, ...]], ...]]

    def grouped(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return the fields by their headings."""
        return [(heading, [self[name] for name in names]) for heading, names in self.groups]

    def clean_issuer(self) -> str:
        """Return an issuer whose provider answers for itself; raises ValidationError."""
        issuer: str = self.cleaned_data["issuer"].strip()
        if not may_be_called(issuer) or "?" in issuer:
            raise ValidationError(_("An issuer is an https address without ? and #."))
        try:
            provider_of(issuer)
        except Refused:
            raise ValidationError(
                _("No OpenID provider answers for this issuer at its discovery address.")
            ) from None
        return issuer

    def clean_scopes(self) -> str:
        """Return the scopes with one blank between them; raises ValidationError without openid."""
        words: list[str] = self.cleaned_data["scopes"].split()
        if "openid" not in words:
            raise ValidationError(_("The scope openid has to be among them."))
        return " ".join(words)


class SecretForm(forms.Form):
    """The secret by which this server is known at the provider."""

    secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        help_text=_("It is stored sealed, for this issuer alone, and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
