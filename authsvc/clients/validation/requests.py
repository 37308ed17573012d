"""What a relying party asks for: scopes, and when a request must be signed."""

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.keys.algorithms import UNSIGNED

SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")


def check_requests(party: RelyingParty, problems: Problems) -> None:
    """The scopes exist and hold openid; signed requests have a key that verifies them."""
    if "openid" not in party.scopes:
        problems.add("scopes", "openid is always needed.")
    for scope in party.scopes:
        if scope not in SCOPES:
            problems.add("scopes", f"{scope!r} is not offered.")
    signed = party.require_signed_request_object or party.request_object_signing_alg not in {"", UNSIGNED}
    if signed and not (party.jwks or party.jwks_uri):
        problems.add("jwks", "Signed request objects need a public key.")
