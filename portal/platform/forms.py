"""The forms of an organisation; what it may be is decided by authsvc.management.tenants."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.management.organisation import LONGEST_NAME
from authsvc.tenancy.models import Tenant
from portal.ui.forms import NO_ADDRESS

_MOST: Final = 100_000_000


class TenantForm(forms.Form):
    """A new organisation, and whom to invite."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    slug = forms.CharField(
        label=_("Short name, for its addresses"),
        max_length=40,
        help_text=_("Small letters, digits, hyphens. It stands in its issuer and never changes."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    owner = forms.EmailField(
        label=_("E-mail address of its first owner"),
        help_text=_("They get a mail with a link, which works once, within two days."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages=NO_ADDRESS,
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Tenant.Kind.choices,
        initial=Tenant.Kind.LIVE,
        help_text=_("A sandbox is for trying things: nobody who signs in there is anybody."),
    )


def _bound(label: Text) -> forms.IntegerField:
    shown = forms.NumberInput(attrs={"autocomplete": "off"})
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=_MOST, widget=shown)


class QuotaForm(forms.Form):
    """How much an organisation may have; what is empty is not bounded."""

    most_people = _bound(_("People, at most"))
    most_relying_parties = _bound(_("Relying parties, at most"))
