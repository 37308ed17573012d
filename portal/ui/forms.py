"""How Django draws forms here, through templates/components, what they were sent with and were made of."""

import json
from typing import Final

from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from authsvc.core.ids import secret_hash
from authsvc.core.texts import Text

_OTHERWISE: Final = _(
    "Somebody has changed this since you opened the form. Look at what it is now; to set what stands here "
    "all the same, save again."
)

NO_ADDRESS: Final = {"invalid": _("Enter an e-mail address, such as name@example.org.")}
"""What a field says of what is no e-mail address, by the name that it has everywhere here."""


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, None where it is only shown: sent with nothing in it, it is wrong."""
    return request.POST if request.method == "POST" else None


def as_it_was_seen(request: HttpRequest, form: BaseForm, said: Text = _OTHERWISE) -> str:
    """Return what a form sends along to tell, when it comes back, that what it was made of is as it was.

    Where that has changed since, by somebody else who edits at the same time, the form is wrong and says so;
    not where it was sent twice.
    """
    seen = secret_hash(json.dumps(form.initial, sort_keys=True, default=str))
    if form.is_bound and request.POST.get("seen", seen) != seen and form.has_changed():
        form.add_error(None, said)
    return seen


class FormRenderer(TemplatesSetting):
    """Draws every form, also those of django-allauth, with the portal's field component."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
