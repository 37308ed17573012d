"""Forms of the provider's screens; what a tenant may have is decided by authsvc.oidc."""

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.oidc.models import Provider
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.registration.limits import LIFE, LONGEST_LIFE, MOST_USES
from authsvc.tenancy.models import Tenant
from portal.relying_parties.forms import KeySet

# A live tenant never has these.
_SANDBOX_ONLY = ("open_registration", "sandbox_authenticator")


class OptionsForm(forms.Form):
    """What the provider offers; each help text says what it means and what it costs in safety."""

    dynamic_registration = forms.BooleanField(
        label=_("Dynamic registration"),
        required=False,
        help_text=_(
            "A site that holds an initial access token registers itself, unseen by anybody here. "
            "Whoever gets hold of such a token can do the same. People are always asked what a site like "
            "that may know about them."
        ),
    )
    open_registration = forms.BooleanField(
        label=_("Registration without a token"),
        required=False,
        help_text=_(
            "For automated suites: while dynamic registration is on, any program that reaches this "
            "address registers itself. Anybody can fill your list of relying parties."
        ),
    )
    sandbox_authenticator = forms.BooleanField(
        label=_("Sandbox authenticator"),
        required=False,
        help_text=_(
            "A plain form stands in place of passkey and face: whoever opens it signs in as any test "
            "person. It proves nothing; people who enrolled here cannot be chosen."
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, tenant: Tenant, provider: Provider | None) -> None:
        names = [name for name in self.base_fields if _may_have(tenant, name)]
        initial = {name: getattr(provider, name, False) for name in names}
        super().__init__(data, initial=initial)
        self.fields = {name: self.fields[name] for name in names}

    def show_problem(self, problem: OptionRefused) -> None:
        """Put what was refused beside its field, or above the form."""
        self.add_error(problem.option if problem.option in self.fields else None, str(problem))


def _may_have(tenant: Tenant, option: str) -> bool:
    if option == "sandbox_authenticator" and not settings.SANDBOX_AUTHENTICATOR_ENABLED:
        # As in production: what cannot work is not offered.
        return False
    return tenant.is_sandbox or option not in _SANDBOX_ONLY


class HostForm(forms.Form):
    """A host name to ask for; what it may be is decided by authsvc.hosts."""

    host = forms.CharField(
        label=_("Host name"),
        max_length=253,
        help_text=_("Such as login.example.org: a name of your own, whose DNS entry you can change."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


class TokenForm(forms.Form):
    """A new initial access token."""

    note = forms.CharField(
        label=_("What it is for"),
        max_length=120,
        help_text=_("Who gets it, or which project; only administrators see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    uses = forms.IntegerField(
        label=_("Registrations"),
        min_value=1,
        max_value=MOST_USES,
        initial=1,
        help_text=format_lazy(_("How many sites it registers, {most} at most."), most=MOST_USES),
    )
    days = forms.IntegerField(
        label=_("Days"),
        min_value=1,
        max_value=LONGEST_LIFE.days,
        initial=LIFE.days,
        help_text=format_lazy(
            _("How long it lives, {most} at most. Short lives make lost ones worth less."),
            most=LONGEST_LIFE.days,
        ),
    )


class StatementIssuerForm(forms.Form):
    """Somebody whose software statements count."""

    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=500,
        help_text=_("Exactly as it stands in the statements’ iss."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    keys = KeySet(label=_("Its public keys (JWKS)"))
