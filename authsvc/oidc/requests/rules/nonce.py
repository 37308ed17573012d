"""nonce travels intact, and is bounded."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

LONGEST = 1024


def check(context: Context) -> None:
    """Keep the nonce as it came; it is optional for the code flow (OpenID Connect Core section 3.1.2.1)."""
    nonce = context.parameters.get("nonce", "")
    if len(nonce) > LONGEST:
        raise RequestRefused(
            "invalid_request",
            "nonce is too long.",
            rule="nonce",
            came=f"{len(nonce)} characters",
            expected=f"at most {LONGEST}",
        )
    context.wanted.nonce = nonce
