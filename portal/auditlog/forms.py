"""The audit log's list: its filters, and its columns for a spreadsheet; and what to export of it."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.reading import between
from authsvc.audit.tags import Tag
from authsvc.management.attacks import ATTACKS
from authsvc.management.attempts.reasons import REASONS
from authsvc.management.events import GROUPS, listed, of_kind
from authsvc.management.receipts import recorded_under
from authsvc.subjects.finding import first_found
from authsvc.subjects.models import Subject
from portal.ui.hours import Hourly
from portal.ui.listing import ALL, DAYS, Column, Preset
from portal.ui.parties import client_ids_called

_PEOPLE: Final = 50
_SEARCH: Final = {"type": "search"}


def _group_of(tag: Tag) -> str:
    return next((str(label) for label, begins in GROUPS.values() if tag.startswith(begins)), str(_("Others")))


def _events() -> list[Any]:
    """Return every event to choose from, in words, under its group."""
    return _events_in(get_language())


# Asked for three times a page: in order once, as that takes a sixth of the page's time.
@cache
def _events_in(_language: str | None) -> list[Any]:
    by_group = sorted(Tag, key=lambda tag: (_group_of(tag), str(tag.words)))
    grouped = groupby(by_group, key=_group_of)
    return [ALL, *((label, [(tag.value, str(tag.words)) for tag in tags]) for label, tags in grouped)]


class AuditFilter(Hourly[AuditEvent]):
    """What the list shows."""

    first = "person"
    of_one = ("person", "subject", "reference", "actor")
    presets = (
        Preset(_("Alarms"), {"group": "alarms"}),
        Preset(_("Refusals of the last 7 days"), {"group": "refusals"}, days=7),
        Preset(_("What administrators did"), {"group": "team"}),
        Preset(_("Keys, policy and address"), {"group": "keys"}),
        Preset(_("Erasures and consents"), {"group": "people"}),
    )
    orders = {
        "newest": (_("Newest first"), ("-sequence",)),
        "oldest": (_("Oldest first"), ("sequence",)),
    }

    person = forms.CharField(
        label=_("Person"), max_length=120, required=False, widget=forms.TextInput(attrs=_SEARCH)
    )
    group = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            ALL,
            ("alarms", _("Alarms")),
            ("refusals", _("Refusals")),
            (_("Attacks"), [(name, attack.label) for name, attack in ATTACKS.items()]),
            *((name, label) for name, (label, _begins) in GROUPS.items()),
        ],
        required=False,
    )
    tag = forms.ChoiceField(label=_("Event"), choices=_events, required=False)
    actor = forms.CharField(
        label=_("By"), max_length=120, required=False, help_text=_("An administrator’s address.")
    )
    client = forms.CharField(
        label=_("Relying party"), max_length=120, required=False, widget=forms.TextInput(attrs=_SEARCH)
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[ALL, *REASONS], required=False)
    reference = forms.CharField(label=_("Receipt or event number"), max_length=64, required=False)
    subject = forms.CharField(label=_("Person’s id"), max_length=64, required=False, widget=forms.HiddenInput)
    field_order = (
        *("person", "group", "tag", "actor", "client", "reason", "reference"),
        *("since", "until", "order", "subject", "zone", "hour", "hours"),
    )

    def all_rows(self) -> QuerySet[AuditEvent]:
        """Return every event."""
        return listed(AuditEvent.objects.all())

    def narrowed(self, found: QuerySet[AuditEvent], wanted: Mapping[str, Any]) -> QuerySet[AuditEvent]:
        """Return the events that pass."""
        return between(self._narrowed(found, wanted), *self.span())

    def _narrowed(self, found: QuerySet[AuditEvent], wanted: Mapping[str, Any]) -> QuerySet[AuditEvent]:
        if "person" in wanted:
            people = first_found(Subject.objects.unchecked(), wanted["person"], most=_PEOPLE)
            found = found.filter(subject__in=[str(each.pk) for each in people])
        if "group" in wanted:
            found = found.filter(of_kind(wanted["group"]))
        if "client" in wanted:
            found = found.filter(client__in=client_ids_called(wanted["client"]))
        if "reference" in wanted:
            found = found.filter(recorded_under(wanted["reference"]))
        for name in ("tag", "actor", "reason", "subject"):
            if name in wanted:
                found = found.filter(**{name: wanted[name]})
        return found

    @property
    def searches(self) -> bool:
        """Whether somebody, or a relying party, is looked for by name."""
        return bool({"person", "client"} & self.wanted.keys())

    def on_any_day(self) -> QuerySet[AuditEvent]:
        """Return the events that pass, whenever they were."""
        return self._narrowed(AuditEvent.objects.all(), self.wanted)


COLUMNS: Final[Sequence[Column]] = (
    (_("Number"), lambda line: line.event.number),
    (_("When (UTC)"), lambda line: line.event.at),
    (_("What"), lambda line: line.words),
    (_("Event"), lambda line: line.event.tag),
    (_("By"), lambda line: line.event.actor),
    (_("Person"), lambda line: line.person or line.event.subject),
    (_("Relying party"), lambda line: line.party or line.event.client),
    (_("Reason"), lambda line: line.event.reason),
    (_("Receipt number"), lambda line: line.event.transaction),
)


class ExportForm(forms.Form):
    """Which events are exported, and how they are written; without days it is all of them."""

    form = forms.ChoiceField(
        label=_("Format"),
        choices=[
            ("ndjson", _("NDJSON: a line of JSON for each event")),
            ("csv", _("CSV: a table for spreadsheets")),
            ("ocsf", _("OCSF 1.3: for a SIEM")),
        ],
    )
    since = forms.DateField(
        label=_("First day (UTC)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=DAYS,
    )
    until = forms.DateField(
        label=_("Last day (UTC)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=DAYS,
    )

    def clean(self) -> dict[str, Any]:
        """Require days in their order."""
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return given

    @property
    def wanted(self) -> dict[str, str]:
        """What is asked for, as management/log.py has it."""
        given = self.cleaned_data
        days = {name: given[name].isoformat() for name in ("since", "until") if given[name]}
        return {"since": "", **days, "form": given["form"]}
