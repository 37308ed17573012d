"""The form of a relying party; what is right or wrong with its values is decided by authsvc.clients."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.validation.requests import SCOPES
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.core.texts import Text
from authsvc.keys.algorithms import SIGNING

LEVELS = {
    Level.L1: _("L1 – one factor, or a session used again"),
    Level.L2: _("L2 – passkey with face or with user verification, fresh"),
    Level.L3: _("L3 – hardware-attested key and face, no injection"),
    Level.L4: _("L4 – L3 and local user verification"),
}
_SIGNING = [(name, name) for name in SIGNING]


class AddressList(forms.CharField):
    """Addresses, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the lines that are not empty."""
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class KeySet(forms.CharField):
    """A JSON Web Key Set (RFC 7517)."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    # An object without keys was given all the same; what is wrong with it is said elsewhere.
    empty_values = [None, ""]

    def prepare_value(self, value: Any) -> Any:
        """Show a stored set as JSON."""
        if isinstance(value, dict):
            return json.dumps(value, indent=2)
        return value or ""

    def to_python(self, value: Any) -> Any:
        """Return the object, or None for nothing; raises ValidationError for text that is not JSON."""
        if not value or not value.strip():
            return None
        try:
            return parse_json(value)
        except NotJson as problem:
            raise forms.ValidationError(
                _("This is not JSON: %(problem)s."), params={"problem": problem}
            ) from None


class RelyingPartyForm(forms.Form):
    """What an administrator decides about a relying party."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("People see it when they sign in."))
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        required=False,
        help_text=_("One sentence, shown to people: why they sign in."),
    )
    client_uri = forms.CharField(label=_("Home page"), max_length=500, required=False)
    status = forms.ChoiceField(
        label=_("Status"),
        choices=RelyingParty.Status.choices,
        help_text=_("A suspended relying party is refused at once."),
    )

    first_party = forms.BooleanField(
        label=_("This organisation's own"),
        required=False,
        help_text=_("Off: people are asked what they want to share."),
    )
    logo_uri = forms.CharField(label=_("Logo"), max_length=500, required=False, help_text=_("Its address."))
    policy_uri = forms.CharField(label=_("Privacy policy"), max_length=500, required=False)
    tos_uri = forms.CharField(label=_("Terms"), max_length=500, required=False)

    redirect_uris = AddressList(
        label=_("Redirect URIs"),
        help_text=_("One a line, exactly as your site sends them. https, or http on localhost in a sandbox."),
    )
    post_logout_redirect_uris = AddressList(
        label=_("Redirect URIs after sign-out"), required=False, help_text=_("One a line.")
    )
    backchannel_logout_uri = forms.CharField(
        label=_("Back-channel logout URI"),
        max_length=500,
        required=False,
        help_text=_("Told when a session ends."),
    )
    frontchannel_logout_uri = forms.CharField(
        label=_("Front-channel logout URI"),
        max_length=500,
        required=False,
        help_text=_("Loaded in the person's browser when a session ends."),
    )
    initiate_login_uri = forms.CharField(
        label=_("Address that starts a sign-in"),
        max_length=500,
        required=False,
        help_text=_("Where this portal and other sites may send people to sign in at yours."),
    )

    token_endpoint_auth_method = forms.ChoiceField(
        label=_("Client authentication"), choices=RelyingParty.Authentication.choices
    )
    jwks = KeySet(label=_("Public keys (JWKS)"), required=False, help_text=_("Or give their address below."))
    jwks_uri = forms.CharField(label=_("Address of the public keys"), max_length=500, required=False)
    tls_client_auth_subject_dn = forms.CharField(
        label=_("Subject of the client certificate"), max_length=500, required=False
    )
    profile = forms.ChoiceField(label=_("Profile"), choices=RelyingParty.Profile.choices, required=False)
    require_pushed_authorization_requests = forms.BooleanField(
        label=_("Accept pushed authorization requests only"), required=False
    )
    require_signed_request_object = forms.BooleanField(label=_("Accept signed requests only"), required=False)
    authorization_signed_response_alg = forms.ChoiceField(
        label=_("Answers are signed with"),
        choices=[("", _("Not signed unless asked for")), *_SIGNING],
        required=False,
    )

    backchannel_token_delivery_mode = forms.ChoiceField(
        label=_("Sign-ins without a browser"),
        choices=RelyingParty.BackchannelMode.choices,
        required=False,
        help_text=_("The site names the person, who approves on their phone (CIBA). Requests are signed."),
    )
    backchannel_client_notification_endpoint = forms.CharField(
        label=_("Address to call"), max_length=500, required=False, help_text=_("For ping.")
    )

    floor_level = forms.ChoiceField(
        label=_("Least assurance"),
        choices=[(level.name, text) for level, text in LEVELS.items()],
        help_text=_("A sign-in that reaches less is an error, never a lower success."),
    )
    face_offered = forms.BooleanField(
        label=_("Offer the face"),
        required=False,
        help_text=_("Off: people sign in with their passkey alone."),
    )

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=[(scope, scope) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    offline_access = forms.BooleanField(
        label=_("Refresh tokens"), required=False, help_text=_("For access while the person is away.")
    )
    id_token_signed_response_alg = forms.ChoiceField(label=_("ID tokens are signed with"), choices=_SIGNING)
    userinfo_signed_response_alg = forms.ChoiceField(
        label=_("Userinfo is signed with"), choices=[("", _("Not signed")), *_SIGNING], required=False
    )
    access_token_format = forms.ChoiceField(
        label=_("Access tokens"), choices=RelyingParty.AccessTokenFormat.choices
    )
    dpop_bound_access_tokens = forms.BooleanField(
        label=_("Bind access tokens to a key (DPoP)"),
        required=False,
        help_text=_("A request without a proof is refused."),
    )
    subject_type = forms.ChoiceField(
        label=_("Subject identifiers"),
        choices=[
            ("pairwise", _("Pairwise: this site's own for each person")),
            ("public", _("Public: the same everywhere")),
        ],
    )
    sector = forms.CharField(
        label=_("Sector"),
        max_length=255,
        required=False,
        help_text=_("Host of the pairwise identifiers, where redirects have more."),
    )

    GROUPS = (
        (
            _("About"),
            (
                "name",
                "purpose",
                "first_party",
                "client_uri",
                "logo_uri",
                "policy_uri",
                "tos_uri",
                "status",
            ),
        ),
        (
            _("Where people return to"),
            (
                "redirect_uris",
                "post_logout_redirect_uris",
                "backchannel_logout_uri",
                "frontchannel_logout_uri",
                "initiate_login_uri",
            ),
        ),
        (
            _("How it proves itself"),
            (
                "token_endpoint_auth_method",
                "jwks",
                "jwks_uri",
                "tls_client_auth_subject_dn",
                "profile",
                "require_pushed_authorization_requests",
                "require_signed_request_object",
                "authorization_signed_response_alg",
            ),
        ),
        (
            _("Without a browser"),
            ("backchannel_token_delivery_mode", "backchannel_client_notification_endpoint"),
        ),
        (_("Assurance"), ("floor_level", "face_offered")),
        (
            _("What it receives"),
            (
                "scopes",
                "offline_access",
                "subject_type",
                "sector",
                "id_token_signed_response_alg",
                "userinfo_signed_response_alg",
                "access_token_format",
                "dpop_bound_access_tokens",
            ),
        ),
    )

    def groups(self) -> list[tuple[Text, list[forms.BoundField]]]:
        """Return the fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def show_problems(self, problems: RegistrationProblems) -> None:
        """Put each problem beside its field, or above the form where no field shows it."""
        for name, said in problems.fields.items():
            for message in said:
                if name in self.fields:
                    self.add_error(name, message)
                else:
                    self.add_error(None, f"{name}: {message}")


def values_of(party: RelyingParty) -> dict[str, Any]:
    """Return what the form shows of a relying party."""
    return {name: getattr(party, name) for name in RelyingPartyForm.base_fields}
