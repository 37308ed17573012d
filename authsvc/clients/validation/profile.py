"""The FAPI 2.0 profile: what it turns on, and what it forbids."""

from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.keys.algorithms import FAPI2_SIGNING

KEY_METHODS: Final = (
    RelyingParty.Authentication.PRIVATE_KEY_JWT,
    RelyingParty.Authentication.TLS,
    RelyingParty.Authentication.SELF_SIGNED_TLS,
)
"""By which a relying party proves itself without a secret that both sides know."""
_ALGORITHMS = (
    "id_token_signed_response_alg",
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
)


def check_profile(party: RelyingParty, problems: Problems) -> None:
    """Hold a FAPI 2.0 relying party to key authentication and the profile's algorithms (section 5.4)."""
    if party.profile not in RelyingParty.Profile.values:
        problems.add("profile", format_lazy(_("{value} is unknown."), value=repr(party.profile)))
    if not party.is_fapi2:
        return
    if party.token_endpoint_auth_method not in KEY_METHODS:
        problems.add(
            "token_endpoint_auth_method", _("FAPI 2.0 needs private_key_jwt or a client certificate.")
        )
    for field in _ALGORITHMS:
        value = getattr(party, field)
        if value and value not in FAPI2_SIGNING:
            text = _("{value} is not allowed by FAPI 2.0; use one of {allowed}.")
            problems.add(field, format_lazy(text, value=value, allowed=", ".join(FAPI2_SIGNING)))
