"""Forms of the team's screens."""

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.tenancy.roles import Role
from portal.ui.forms import NO_ADDRESS


class RoleForm(forms.Form):
    """What somebody is in the team."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.ADMIN,
        help_text=_(
            "Auditors see everything and change nothing. Administrators change everything but the team. "
            "Owners change the team too."
        ),
    )


class InvitationForm(RoleForm):
    """A new member."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages=NO_ADDRESS,
    )
    field_order = ("email", "role")
