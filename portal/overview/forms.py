"""The field for a receipt number."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReceiptForm(forms.Form):
    """What a person read out: the number of a refusal, of an attempt, or of something given or withdrawn."""

    number = forms.CharField(label=_("Receipt number"), max_length=64)
