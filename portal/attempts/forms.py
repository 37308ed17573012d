"""Filters of the list of attempts."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.management.attempts.outcome import OUTCOMES, with_outcome
from authsvc.management.receipts import attempts_under
from authsvc.transactions.models import Transaction


class AttemptFilter(forms.Form):
    """What the list shows; every field may stay empty."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[("", _("All")), *OUTCOMES.items()], required=False
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All")), *Transaction.Kind.choices], required=False
    )
    party = forms.ChoiceField(label=_("Relying party"), required=False)
    reference = forms.CharField(label=_("Receipt number"), max_length=64, required=False)
    since = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        parties = RelyingParty.objects.order_by("name").values_list("pk", "name")[:200]
        self.fields["party"].choices = [("", _("All")), *parties]  # type: ignore[attr-defined]

    def rows(self) -> QuerySet[Transaction]:
        """Return the attempts that pass; what is not a valid choice filters nothing."""
        wanted = self.cleaned_data if self.is_valid() else {}
        found = with_outcome(Transaction.objects.select_related("client", "subject"))
        for name, lookup in _LOOKUPS.items():
            if wanted.get(name):
                found = found.filter(**{lookup: wanted[name]})
        if wanted.get("reference"):
            found = found.filter(attempts_under(wanted["reference"]))
        return found


_LOOKUPS = {"outcome": "outcome", "kind": "kind", "party": "client_id", "since": "created_at__date__gte"}
