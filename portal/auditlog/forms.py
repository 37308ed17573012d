"""Filters of the audit log."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.management.receipts import recorded_under


class AuditFilter(forms.Form):
    """What the list shows; every field may stay empty."""

    tag = forms.ChoiceField(
        label=_("Event"), choices=[("", _("All")), *((tag.value, tag.value) for tag in Tag)], required=False
    )
    client = forms.CharField(label=_("Client id"), max_length=120, required=False)
    reference = forms.CharField(label=_("Receipt number"), max_length=64, required=False)
    subject = forms.CharField(label=_("Person’s id"), max_length=64, required=False)
    since = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def rows(self) -> QuerySet[AuditEvent]:
        """Return the events that pass; what is not a valid choice filters nothing."""
        wanted = self.cleaned_data if self.is_valid() else {}
        found = AuditEvent.objects.all()
        for name, lookup in _LOOKUPS.items():
            if wanted.get(name):
                found = found.filter(**{lookup: wanted[name]})
        if wanted.get("reference"):
            found = found.filter(recorded_under(wanted["reference"]))
        return found


_LOOKUPS = {
    "tag": "tag",
    "client": "client",
    "subject": "subject",
    "since": "at__date__gte",
}
