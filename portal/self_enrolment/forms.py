"""The form of people who enrol by themselves."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.self_enrolment.models import PeopleProvider
from portal.ui.own_provider import PLAIN, Lines, OwnProviderForm

_LONGEST_AGE: Final = 7 * 24 * 60
_LISTS: Final = ("gate_values", "acr_values")


class PeopleProviderForm(OwnProviderForm):
    """Where people sign in to enrol, what is taken of its word, and who may."""

    external_id_claim = forms.CharField(
        label=_("Claim with your own number"),
        max_length=200,
        required=False,
        initial="sub",
        help_text=_(
            "People whom you have entered are known by it, and newcomers get it. It has to be one that "
            "nobody can change of themselves there. Without any, nobody whom you have entered is known."
        ),
        widget=forms.TextInput(attrs=PLAIN),
    )
    name_claim = forms.CharField(
        label=_("Claim with the name"),
        max_length=200,
        initial="name",
        help_text=_("Of newcomers alone: the names that you have entered stay."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    email = forms.ChoiceField(
        label=_("E-mail address"),
        choices=PeopleProvider.Email.choices,
        initial=PeopleProvider.Email.TAKEN,
        help_text=_("From the claims email and email_verified. Nobody is ever known by it."),
    )
    everybody = forms.BooleanField(
        label=_("Everybody who can sign in there"),
        required=False,
        help_text=_(
            "Guests and partners too, where your provider has such. Without it the claim below decides."
        ),
    )
    gate_claim = forms.CharField(
        label=_("Claim that decides"),
        max_length=200,
        required=False,
        help_text=_("The name of a text or a list of texts, such as groups."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    gate_values = Lines(label=_("Values of which they need one"), help_text=_("One a line."))
    newcomers = forms.BooleanField(
        label=_("Newcomers too"),
        required=False,
        help_text=_("Whoever is not among your people is entered when they come. Otherwise nobody is."),
    )
    acr_values = Lines(
        label=_("Required acr values"), help_text=_("One a line. Without any, each sign-in there will do.")
    )
    max_age = forms.IntegerField(
        label=_("Longest time since the sign-in there, in minutes"),
        min_value=0,
        max_value=_LONGEST_AGE,
        initial=15,
        help_text=_("So that nobody enrols from a computer that somebody else left signed in. 0 for any."),
    )
    enabled = forms.BooleanField(
        label=_("Switched on"), required=False, help_text=_("People find the page at the address below.")
    )

    groups = (
        (_("The provider"), ("name", "issuer", "client_id", "scopes")),
        (_("What is taken of its word"), ("external_id_claim", "name_claim", "email")),
        (_("Who may enrol"), ("everybody", "gate_claim", "gate_values", "newcomers")),
        (_("How sure it has to be"), ("acr_values", "max_age")),
        (_("In use"), ("enabled",)),
    )

    def clean(self) -> dict[str, Any]:
        """Return what the act takes; raises ValidationError."""
        given = {**self.cleaned_data}
        if given.get("everybody"):
            # What stands in a field that does not count would come into force with the next change.
            given |= {"gate_claim": "", "gate_values": []}
        elif not given.get("gate_claim"):
            self.add_error("gate_claim", _("Name the claim by which somebody may enrol, or let everybody."))
        elif not given.get("gate_values") and "gate_values" not in self.errors:
            self.add_error("gate_values", _("Nobody could enrol: there is no value."))
        if not given.get("newcomers") and not given.get("external_id_claim"):
            self.add_error("newcomers", _("Nobody could enrol: without a number only newcomers can."))
        return given


# What each thing that the act takes is called.
LABELS: Final = {name: field.label or name for name, field in PeopleProviderForm.base_fields.items()}


def values_of(row: PeopleProvider) -> dict[str, Any]:
    """Return what a form about this provider begins with."""
    values = {name: getattr(row, name) for name in PeopleProviderForm.base_fields}
    return values | {name: "\n".join(values[name]) for name in _LISTS}
