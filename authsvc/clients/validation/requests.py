"""What a relying party asks for: scopes, and when a request must be signed."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.scopes import SCOPES
from authsvc.keys.algorithms import UNSIGNED


def check_requests(party: RelyingParty, problems: Problems) -> None:
    """The scopes exist and hold openid; signed requests have a key that verifies them."""
    if "openid" not in party.scopes:
        problems.add("scopes", _("openid is always needed."))
    for scope in party.scopes:
        if scope not in SCOPES:
            problems.add("scopes", format_lazy(_("{value} is not offered."), value=repr(scope)))
    signed = party.require_signed_request_object or party.request_object_signing_alg not in {"", UNSIGNED}
    if signed and not (party.jwks or party.jwks_uri):
        problems.add("jwks", _("Signed request objects need a public key."))
