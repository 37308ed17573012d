"""The list of relying parties: its filters, and its columns for a spreadsheet."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.management.overview import ASSESSMENTS, SECRETS, ending
from portal.ui.listing import ALL, Column, Listing, Preset
from portal.ui.parties import keys_called

_LISTED: Final = ("name", "client_id", "status", "token_endpoint_auth_method", "floor_level", "created_at")
_LEVELS: Final = ("L1", "L2", "L3", "L4")


class PartyFilter(Listing[RelyingParty]):
    """What the list shows."""

    first = "search"
    presets = (
        Preset(_("Suspended"), {"status": RelyingParty.Status.SUSPENDED}),
        Preset(_("Registered in the last 30 days"), {}, days=30),
    )
    orders = {
        "name": (_("By name"), ("name", "id")),
        "newest": (_("Newest first"), ("-created_at", "-id")),
    }

    search = forms.CharField(
        label=_("Name or client id"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    status = forms.ChoiceField(label=_("Status"), choices=[ALL, *RelyingParty.Status.choices], required=False)
    level = forms.ChoiceField(
        label=_("Least assurance"), choices=[ALL, *((name, name) for name in _LEVELS)], required=False
    )
    ends = forms.ChoiceField(
        label=_("Ends within two weeks"),
        choices=[ALL, (SECRETS, _("A client secret")), (ASSESSMENTS, _("The impact assessment"))],
        required=False,
    )
    field_order = ("search", "status", "level", "ends", "since", "until", "order", "zone")

    def all_rows(self) -> QuerySet[RelyingParty]:
        """Return every one, without what it has registered: what is opened is believed or not."""
        return RelyingParty.objects.unchecked().only(*_LISTED)

    def narrowed(self, found: QuerySet[RelyingParty], wanted: Mapping[str, Any]) -> QuerySet[RelyingParty]:
        """Return those that pass; deleted ones where they are asked for."""
        if "search" in wanted:
            found = found.filter(pk__in=keys_called(wanted["search"]))
        if "status" in wanted:
            found = found.filter(status=wanted["status"])
        else:
            found = found.exclude(status=RelyingParty.Status.REMOVED)
        if "level" in wanted:
            found = found.filter(floor_level=wanted["level"])
        if "ends" in wanted:
            found = found.filter(ending(wanted["ends"], now()))
        return self.within(found, "created_at")


COLUMNS: Final[Sequence[Column]] = (
    (_("Name"), lambda party: party.name),
    (_("Client id"), lambda party: party.client_id),
    (_("Authentication"), lambda party: party.get_token_endpoint_auth_method_display()),
    (_("Least assurance"), lambda party: party.floor_level),
    (_("Status"), lambda party: party.get_status_display()),
    (_("Registered (UTC)"), lambda party: party.created_at),
)
