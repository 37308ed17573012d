"""response_type is code, the only flow there is (S9.4-04)."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Refuse a missing response type as invalid, and any other than code as unsupported."""
    asked = context.parameters.get("response_type", "")
    if asked == "code":
        return
    raise RequestRefused(
        "unsupported_response_type" if asked else "invalid_request",
        "response_type must be code.",
        rule="response-type",
        came=asked,
        expected="code",
    )
