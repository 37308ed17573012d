"""What a relying party asks for: scopes, and when a request must be signed."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.scopes import LIVENESS, REGISTRABLE
from authsvc.clients.validation.profile import KEY_METHODS
from authsvc.keys.algorithms import UNSIGNED


def check_requests(party: RelyingParty, problems: Problems) -> None:
    """The scopes exist and hold openid; signed requests have a key that verifies them."""
    if "openid" not in party.scopes:
        problems.add("scopes", _("openid is always needed."))
    for scope in party.scopes:
        if scope not in REGISTRABLE:
            problems.add("scopes", format_lazy(_("{value} is not offered."), value=repr(scope)))
    if LIVENESS in party.scopes:
        _check_liveness(party, problems)
    signed = party.require_signed_request_object or party.request_object_signing_alg not in {"", UNSIGNED}
    if signed and not (party.jwks or party.jwks_uri):
        problems.add("jwks", _("Signed request objects need a public key."))


def _check_liveness(party: RelyingParty, problems: Problems) -> None:
    """Who may have people filmed was let by an administrator, and proves itself by a key."""
    if party.registration_digest:
        problems.add(
            "scopes", _("liveness is given by an administrator, not to a site that registers itself.")
        )
    if party.token_endpoint_auth_method not in KEY_METHODS:
        problems.add("scopes", _("liveness needs private_key_jwt or a client certificate."))
