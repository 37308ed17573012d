"""Forms of single sign-on."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authsvc.tenancy.memberships.models import SingleSignOn
from authsvc.tenancy.roles import Role
from portal.ui.own_provider import PLAIN, Lines, OwnProviderForm

# The field of each role, in which the values stand that give it.
_OF_ROLES: Final = {"owners": Role.OWNER, "admins": Role.ADMIN, "auditors": Role.AUDITOR}


class ProviderForm(OwnProviderForm):
    """Where the team signs in, and what is made of what that provider says."""

    role_claim = forms.CharField(
        label=_("Claim"),
        max_length=200,
        required=False,
        help_text=_("The name of a text or a list of texts, such as groups."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    owners = Lines(label=_("Values that make an owner"), help_text=_("One a line."))
    admins = Lines(label=_("Values that make an administrator"), help_text=_("One a line."))
    auditors = Lines(label=_("Values that make an auditor"), help_text=_("One a line."))
    just_in_time = forms.BooleanField(
        label=_("Let in who is not in the team yet"),
        required=False,
        help_text=_("Whoever has one of these values becomes a member when they first sign in."),
    )
    acr_values = Lines(
        label=_("Required acr values"),
        help_text=_(
            "One a line: each must stand for two factors there. Without any, the portal asks for a passkey "
            "or an app of its own besides."
        ),
    )
    password_stays = forms.BooleanField(
        label=_("Members may also sign in without it"),
        required=False,
        initial=True,
        help_text=_(
            "With the passkey, or password and app, that the portal knows of them. Owners whom the team made "
            "always may, so that a provider that is down locks nobody out."
        ),
    )
    enabled = forms.BooleanField(
        label=_("Switched on"), required=False, help_text=_("The team finds the button at its sign-in.")
    )

    groups = (
        (_("The provider"), ("name", "issuer", "client_id", "scopes")),
        (_("How sure it has to be"), ("acr_values", "password_stays")),
        (_("Roles by what it says"), ("role_claim", "owners", "admins", "auditors", "just_in_time")),
        (_("In use"), ("enabled",)),
    )

    def clean(self) -> dict[str, Any]:
        """Return what the act takes; raises ValidationError."""
        given = {**self.cleaned_data}
        pairs = [[value, role.value] for name, role in _OF_ROLES.items() for value in given.pop(name, [])]
        if len({value for value, _role in pairs}) != len(pairs):
            raise ValidationError(_("One value gives one role: it stands in two fields."))
        if pairs and not given.get("role_claim"):
            self.add_error("role_claim", _("Name the claim in which these values stand."))
        if given.get("just_in_time") and not pairs:
            self.add_error("just_in_time", _("Nobody could be let in: no value gives a role."))
        return {**given, "roles": pairs}


# What each thing that the act takes is called.
LABELS: Final = {
    **{
        name: field.label or name for name, field in ProviderForm.base_fields.items() if name not in _OF_ROLES
    },
    "roles": _("Roles by value"),
}


def values_of(row: SingleSignOn) -> dict[str, Any]:
    """Return what a form about this provider begins with."""
    names = (
        "name",
        "issuer",
        "client_id",
        "role_claim",
        "just_in_time",
        "password_stays",
        "scopes",
        "enabled",
    )
    lists = {
        field: "\n".join(value for value, given in row.roles if given == role)
        for field, role in _OF_ROLES.items()
    }
    return {name: getattr(row, name) for name in names} | lists | {"acr_values": "\n".join(row.acr_values)}
