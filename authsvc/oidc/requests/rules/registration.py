"""Parameters of features that are not offered are refused by their own error, not ignored."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Refuse `registration`, which belongs to self-issued providers (OpenID Connect Core section 7.2.1)."""
    if "registration" in context.parameters:
        raise RequestRefused(
            "registration_not_supported",
            "The registration parameter is not offered.",
            rule="registration",
            came="registration",
            expected="registration before the request",
        )
