"""The list of people: its filters, and its columns for a spreadsheet."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.management.lapsing import link_is_over
from authsvc.subjects.finding import Search
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter
from portal.ui.listing import ALL, Column, Listing, Preset

_LISTED: Final = ("name", "external_id", "status", "reference", "created_at")
_OFF: Final = "off"
_WAITING: Final = "waiting"
_OVER: Final = "over"
SOME: Final = 2_000
"""So many words are looked at for a page of whom a text finds: of more people than are counted."""
LOOKED_AT: Final = 20_000
"""So many words are looked at where all are taken away."""


class PersonFilter(Listing[Subject]):
    """What the list of people shows."""

    first = "search"
    of_one = ("search",)
    presets = (
        Preset(_("Invited, not enrolled yet"), {"status": Subject.Status.INVITED}),
        Preset(_("Link over, not used"), {"link": _OVER}),
        Preset(_("Face turned off"), {"face": _OFF}),
        Preset(_("Entered in the last 7 days"), {}, days=7),
    )
    orders = {
        "name": (_("By name"), ("name", "id")),
        "newest": (_("Newest first"), ("-created_at", "-id")),
    }

    search = forms.CharField(
        label=_("Name, address or number"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    status = forms.ChoiceField(label=_("Status"), choices=[ALL, *Subject.Status.choices], required=False)
    face = forms.ChoiceField(
        label=_("Face"),
        choices=[
            ALL,
            (_OFF, _("Turned off after failed tries")),
            (_WAITING, _("Waits after failed tries")),
        ],
        required=False,
    )
    link = forms.ChoiceField(
        label=_("Enrolment link"), choices=[ALL, (_OVER, _("Over, and not used"))], required=False
    )
    field_order = ("search", "status", "face", "link", "since", "until", "order", "zone")

    def all_rows(self) -> QuerySet[Subject]:
        """Return everybody: a row of a list lets nobody in, and what is opened is believed or not."""
        return Subject.objects.unchecked().only(*_LISTED)

    @property
    def is_of_some(self) -> bool:
        """Whether of very many people only some are listed: where a text is all that is looked for."""
        return self.set_by_hand.keys() == {"search"} and not self._is_table

    @property
    def leaves_out(self) -> bool:
        """See Listing."""
        if "search" not in self.wanted:
            return False
        return self._searched.leaves_out if self._few is None else len(self._few) > SOME

    @property
    def _is_table(self) -> bool:
        return self.data.get("as") == "csv"

    @cached_property
    def _searched(self) -> Search:
        return Search(self.wanted["search"], words=LOOKED_AT if self._is_table else SOME)

    @cached_property
    def _few(self) -> list[UUID] | None:
        """Whom the text finds where other filters leave few people, and one more than are listed."""
        if self.is_of_some or self._is_table:
            return None
        return self._searched.among_few(self._passing(self.all_rows(), self.wanted), most=SOME + 1)

    def narrowed(self, found: QuerySet[Subject], wanted: Mapping[str, Any]) -> QuerySet[Subject]:
        """Return the people who pass."""
        if "search" not in wanted:
            return self._passing(found, wanted)
        if self._few is not None:
            return found.filter(pk__in=self._few[:SOME])
        return self._passing(found, wanted).filter(pk__in=self._searched.keys)

    def _passing(self, found: QuerySet[Subject], wanted: Mapping[str, Any]) -> QuerySet[Subject]:
        if "status" in wanted:
            found = found.filter(status=wanted["status"])
        if "face" in wanted:
            counters = AttemptCounter.objects.filter(_FACES[wanted["face"]]())
            found = found.filter(pk__in=counters.values("subject_id"))
        if "link" in wanted:
            found = found.filter(link_is_over())
        return self.within(found, "created_at")


_FACES: Final = {
    _OFF: lambda: Q(disabled=True),
    _WAITING: lambda: Q(disabled=False, locked_until__gt=now()),
}


def count_passkeys(people: Iterable[Subject]) -> dict[Any, int]:
    """Return how many passkeys work of each of these people, of those who have any."""
    live = Device.objects.unchecked().filter(subject__in=[each.pk for each in people])
    live = live.filter(status=Device.Status.ACTIVE).order_by()
    return dict(live.values_list("subject").annotate(count=Count("pk")))


COLUMNS: Final[Sequence[Column]] = (
    (_("Name"), str),
    (_("Number"), lambda person: person.external_id),
    (_("Status"), lambda person: person.get_status_display()),
    (_("Face"), lambda person: _("Enrolled") if person.has_face else ""),
    (_("Entered (UTC)"), lambda person: person.created_at),
)
