"""What a person writes on their own page."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authsvc.core.quiet_hours import read_quiet_hours
from authsvc.reach.hours import HoursForm
from authsvc.reach.models import Preference

_OTHER = unicodedata.category("\0")[0]
"""What Unicode's categories of characters without a sign of their own begin with."""


def readable(text: str) -> None:
    """Raise ValidationError for characters that are not seen, or change how others are shown."""
    if any(unicodedata.category(character).startswith(_OTHER) for character in text):
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


class WishForm(HoursForm):
    """How a person wants to be told of what waits for them, and when not."""

    way = forms.ChoiceField(
        label=_("I am told"),
        choices=Preference.Way.choices,
        widget=forms.RadioSelect,
    )
    hours = forms.ChoiceField(
        label=_("Quiet hours, in which nobody tells me anything"),
        choices=[
            ("organisation", _("Those of my organisation, if it has any")),
            ("none", _("None: at any time")),
            ("own", _("My own:")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("way", "hours", "begin", "end", "zone")

    def clean(self) -> dict[str, Any]:
        """Ask for the whole of a person's own hours."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("hours") == "own":
            self.require_hours(self.entered or "-")
        return cleaned

    @property
    def line(self) -> str | None:
        """The chosen hours as they are stored (reach/models.py)."""
        chosen = {"organisation": None, "none": "", "own": self.entered}
        return chosen[self.cleaned_data["hours"]]

    @staticmethod
    def of(wish: Preference) -> dict[str, Any]:
        """Return what a stored wish says, as the form's initial values."""
        own = read_quiet_hours(wish.quiet_hours or "")
        hours = "own" if own else "organisation" if wish.quiet_hours is None else "none"
        times = {"begin": own.begin, "end": own.end, "zone": own.zone} if own else {}
        return {"way": wish.way, "hours": hours, **times}
