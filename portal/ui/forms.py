"""How Django draws forms here, through templates/components, and what they were sent with."""

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, QueryDict


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, None where it is only shown: sent with nothing in it, it is wrong."""
    return request.POST if request.method == "POST" else None


class FormRenderer(TemplatesSetting):
    """Draws every form, also those of django-allauth, with the portal's field component."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
