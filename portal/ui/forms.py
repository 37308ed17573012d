"""How Django draws forms here: through templates/components."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Draws every form, also those of django-allauth, with the portal's field component."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
