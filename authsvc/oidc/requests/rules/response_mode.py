"""response_mode: how the answer goes back (OAuth 2.0 Multiple Response Types, Form Post, JARM)."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

MODES = ("query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt")


def mode_of(context: Context) -> str | None:
    """Return the mode to answer in, or None where the request asks for one that does not exist.

    A client registered for signed answers always gets them signed.
    """
    asked = context.parameters.get("response_mode", "query")
    if asked not in MODES:
        return None
    if context.client.authorization_signed_response_alg and not asked.endswith("jwt"):
        asked = f"{asked}.jwt"
    return "query.jwt" if asked == "jwt" else asked


def check(context: Context) -> None:
    """Take a mode that is offered."""
    mode = mode_of(context)
    if mode is None:
        raise RequestRefused(
            "invalid_request",
            "This response_mode is not offered.",
            rule="response-mode",
            came=context.parameters["response_mode"],
            expected=", ".join(MODES),
        )
    context.wanted.response_mode = mode
