"""prompt: none, login, consent, select_account (OpenID Connect Core section 3.1.2.1)."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

VALUES = ("none", "login", "consent", "select_account")


def check(context: Context) -> None:
    """Refuse unknown values, and none together with another."""
    asked = context.parameters.get("prompt", "").split()
    if not set(asked) <= set(VALUES) or ("none" in asked and len(asked) > 1):
        raise RequestRefused(
            "invalid_request",
            "prompt cannot be understood.",
            rule="prompt",
            came=" ".join(asked),
            expected="none alone, or login, consent, select_account",
        )
    context.wanted.prompt = asked
