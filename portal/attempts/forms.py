"""The list of attempts: its filters, and its columns for a spreadsheet."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.levels import Level
from authsvc.management.attempts.outcome import OUTCOMES, ended, listed
from authsvc.management.attempts.reasons import REASONS
from authsvc.management.receipts import attempts_under
from authsvc.subjects.finding import Search
from authsvc.transactions.models import Transaction
from portal.ui.hours import Hourly
from portal.ui.listing import ALL, Column, Preset
from portal.ui.parties import keys_called

_SEARCH: Final = {"type": "search"}
# Of so many the attempts of each are looked up.
_WORDS: Final = 1000


class AttemptFilter(Hourly[Transaction]):
    """What the list shows."""

    first = "person"
    of_one = ("person", "subject", "reference")
    presets = (
        Preset(_("Refused in the last 7 days"), {"outcome": "refused"}, days=7),
        Preset(_("In progress"), {"outcome": "running"}),
        Preset(_("Left unfinished"), {"outcome": "left"}),
        Preset(_("Enrolments"), {"kind": Transaction.Kind.ENROL}),
    )
    orders = {
        "newest": (_("Newest first"), ("-created_at", "-id")),
        "oldest": (_("Oldest first"), ("created_at", "id")),
    }

    person = forms.CharField(
        label=_("Person"), max_length=120, required=False, widget=forms.TextInput(attrs=_SEARCH)
    )
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[ALL, *OUTCOMES.items()], required=False)
    reason = forms.ChoiceField(label=_("Refused because"), choices=[ALL, *REASONS], required=False)
    party = forms.CharField(
        label=_("Relying party"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={**_SEARCH, "list": "parties"}),
    )
    level = forms.ChoiceField(
        label=_("Level reached"),
        choices=[ALL, *((each.name, each.name) for each in Level if each)],
        required=False,
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[ALL, *Transaction.Kind.choices], required=False)
    reference = forms.CharField(label=_("Receipt number"), max_length=64, required=False)
    subject = forms.UUIDField(label=_("Person’s id"), required=False, widget=forms.HiddenInput)
    field_order = (
        *("person", "outcome", "reason", "party", "level", "kind", "reference"),
        *("since", "until", "order", "subject", "zone", "hour", "hours"),
    )

    def all_rows(self) -> QuerySet[Transaction]:
        """Return every attempt."""
        return listed()

    @property
    def leaves_out(self) -> bool:
        """See Listing: of so many people the attempts are looked up."""
        return "person" in self.wanted and self._searched.leaves_out

    @cached_property
    def _searched(self) -> Search:
        return Search(self.wanted["person"], words=_WORDS)

    def narrowed(self, found: QuerySet[Transaction], wanted: Mapping[str, Any]) -> QuerySet[Transaction]:
        """Return the attempts that pass."""
        if "person" in wanted:
            found = found.filter(subject__in=self._searched.keys)
        if "outcome" in wanted:
            found = found.filter(ended(wanted["outcome"]))
        if "party" in wanted:
            found = found.filter(client__in=keys_called(wanted["party"]))
        if "reference" in wanted:
            found = found.filter(attempts_under(wanted["reference"]))
        for name, column in _COLUMNS.items():
            if name in wanted:
                found = found.filter(**{column: wanted[name]})
        return self.within(found, "created_at")


_COLUMNS: Final = {"kind": "kind", "reason": "refused_for", "level": "level", "subject": "subject_id"}

COLUMNS: Final[Sequence[Column]] = (
    (_("When (UTC)"), lambda attempt: attempt.created_at),
    (_("Person"), lambda attempt: attempt.subject),
    (_("What"), lambda attempt: attempt.get_kind_display()),
    (_("Relying party"), lambda attempt: attempt.client),
    (_("Outcome"), lambda attempt: OUTCOMES[attempt.outcome]),
    (_("Refused because"), lambda attempt: attempt.refused_for),
    (_("Level reached"), lambda attempt: attempt.level),
    (_("Receipt number"), lambda attempt: attempt.pk),
)
