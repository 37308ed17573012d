"""Forms of the people's screens."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.enrolment.notices import mail_goes_out
from authsvc.subjects.models import Subject


class PersonForm(forms.Form):
    """A new person."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    external_id = forms.CharField(
        label=_("Your own number or name for this person"), max_length=120, required=False
    )
    email = forms.EmailField(
        label=_("E-mail address"), required=False, help_text=_("Given to relying parties that ask for it.")
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

    def clean_external_id(self) -> str:
        """Refuse a number that another person has."""
        value: str = self.cleaned_data["external_id"].strip()
        if value and Subject.objects.filter(external_id=value).exists():
            raise forms.ValidationError(_("Another person has this number."))
        return value


class PersonFilter(forms.Form):
    """What the list of people shows."""

    search = forms.CharField(
        label=_("Name or number"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All")), *Subject.Status.choices], required=False
    )

    def rows(self) -> QuerySet[Subject]:
        """Return the people who pass; what is not a valid choice filters nothing."""
        wanted = self.cleaned_data if self.is_valid() else {}
        found = Subject.objects.all()
        if wanted.get("search"):
            text = wanted["search"]
            found = found.filter(Q(name__icontains=text) | Q(external_id__icontains=text))
        if wanted.get("status"):
            found = found.filter(status=wanted["status"])
        return found
