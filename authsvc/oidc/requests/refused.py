"""The refusal that the rules of requests without a browser have in common."""

from authsvc.oidc.wire.refusal import RequestRefused


def backchannel_refused(
    rule: str, *, came: object, expected: str, error: str = "invalid_request"
) -> RequestRefused:
    """Return the refusal of a backchannel authentication request (CIBA Core 1.0 section 13)."""
    return RequestRefused(
        error,
        "The backchannel authentication request cannot be used.",
        rule=rule,
        came=came,
        expected=expected,
    )
