"""Lists by the hour: a chart's bar and a number of the overview lead to just what they count."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from portal.ui.listing import Listing

Row = TypeVar("Row", bound=Model)
FORMAT = "%Y-%m-%dT%H"
# Of others a datetime cannot be moved by a day.
_YEARS = (1970, 2999)


class Hourly(Listing[Row]):
    """A list that can be narrowed to some hours from a full one on, in UTC; no field of it is seen."""

    hour = forms.CharField(label=_("Hour"), required=False, max_length=13, widget=forms.HiddenInput)
    hours = forms.IntegerField(
        label=_("Hours"),
        required=False,
        validators=[MinValueValidator(1), MaxValueValidator(24)],
        widget=forms.HiddenInput,
    )

    def clean_hour(self) -> datetime | None:
        """Return the first moment of the hour, None for what is none: it filters nothing."""
        try:
            found = datetime.strptime(self.cleaned_data["hour"], FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return None
        return found if _YEARS[0] <= found.year <= _YEARS[1] else None

    @property
    def stretch(self) -> tuple[datetime, datetime] | None:
        """The first moment that is shown and the one behind the last, None where no hour is chosen."""
        first = self.wanted.get("hour")
        return first and (first, first + timedelta(hours=self.wanted.get("hours", 1)))

    def span(self) -> tuple[datetime | None, datetime | None]:
        """Return what the range of dates and the hours have in common."""
        first, behind = super().span()
        if self.stretch is None:
            return first, behind
        begin, end = self.stretch
        return max(first or begin, begin), min(behind or end, end)
