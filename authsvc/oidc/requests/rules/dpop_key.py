"""dpop_jkt: the key that the code, and so the tokens, will be bound to (RFC 9449 section 10)."""

import re

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

_THUMBPRINT = re.compile(r"[A-Za-z0-9\-_]{43}")


def check(context: Context) -> None:
    """Keep the thumbprint, which must be one, and the pushed proof's where there was one."""
    asked = context.parameters.get("dpop_jkt")
    if asked is None:
        return
    if not _THUMBPRINT.fullmatch(asked) or context.wanted.dpop_jkt not in {"", asked}:
        raise RequestRefused(
            "invalid_request",
            "dpop_jkt is not the key's thumbprint.",
            rule="dpop-jkt",
            came=asked,
            expected=context.wanted.dpop_jkt or "a SHA-256 thumbprint",
        )
    context.wanted.dpop_jkt = asked
