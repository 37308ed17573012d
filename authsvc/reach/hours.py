"""How quiet hours are asked for, wherever they are: two times of day and a time zone."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from authsvc.core.quiet_hours import QuietHours, read_quiet_hours, time_zones
from authsvc.core.texts import Text


def _hour(label: Text) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}))


class HoursForm(forms.Form):
    """Quiet hours; which of the three may be left out is for the form that is made of this one."""

    begin = _hour(pgettext_lazy("a time of day", "From"))
    end = _hour(pgettext_lazy("a time of day", "Until"))
    zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", ""), *((name, name) for name in time_zones())],
    )

    @property
    def entered(self) -> str:
        """The line of what was entered (core/quiet_hours.py), "" for nothing at all, "-" for a part of it."""
        begin, end, zone = (self.cleaned_data.get(name) for name in ("begin", "end", "zone"))
        if begin is None and end is None and not zone:
            return ""
        return QuietHours(begin, end, zone).line if begin and end and zone else "-"

    def require_hours(self, line: str) -> None:
        """Say beside the first time what is missing where a line is none."""
        try:
            read_quiet_hours(line)
        except ValueError:
            self.add_error("begin", _("Please give two different times, and the time zone."))
