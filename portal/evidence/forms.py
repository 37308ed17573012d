"""Forms of the evidence's screen; what a tenant may have is decided by authsvc.policy."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.policy.evaluate import LEAST_AGE, MOST_AGE


class LeastAgeForm(forms.Form):
    """From which age on the face is for people."""

    age = forms.IntegerField(
        label=_("Years"),
        min_value=LEAST_AGE,
        max_value=MOST_AGE,
        help_text=format_lazy(
            _(
                "{least} at least: no measured error rate holds for younger people. Whoever agrees to the "
                "notice says that they are as old; nobody is asked for a date of birth."
            ),
            least=LEAST_AGE,
        ),
    )
