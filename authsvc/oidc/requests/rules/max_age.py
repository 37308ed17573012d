"""max_age: how old an authentication may be, in seconds (OpenID Connect Core section 3.1.2.1)."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Take the smaller of what is asked and what the relying party registered; 0 means now."""
    asked = context.parameters.get("max_age")
    registered = context.client.default_max_age
    if asked is None:
        context.wanted.max_age = registered
        return
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 10):
        raise RequestRefused(
            "invalid_request",
            "max_age must be a number of seconds.",
            rule="max-age",
            came=asked,
            expected="0 or more",
        )
    # SB-02: a request may tighten what was registered, never loosen it.
    context.wanted.max_age = int(asked) if registered is None else min(int(asked), registered)
