"""response_mode: how the answer goes back (OAuth 2.0 Multiple Response Types, Form Post, JARM)."""

from authsvc.oidc.authorize.wanted import Context
from authsvc.oidc.refusal import RequestRefused

MODES = ("query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt")


def check_response_mode(context: Context) -> None:
    """Take a mode that is offered; a client registered for signed answers always gets them signed."""
    asked = context.parameters.get("response_mode", "query")
    if asked not in MODES:
        raise RequestRefused(
            "invalid_request",
            "This response_mode is not offered.",
            rule="response-mode",
            came=asked,
            expected=", ".join(MODES),
        )
    if context.client.authorization_signed_response_alg and not asked.endswith("jwt"):
        asked = f"{asked}.jwt"
    context.wanted.response_mode = "query.jwt" if asked == "jwt" else asked
