"""What a request object says, as the parameters that it stands for (RFC 9101 section 4)."""

import json
from typing import Any

from authsvc.oidc.wire.parameters import refuse_unreadable

# Claims of the object itself, and what would lead to another one.
_NOT_PARAMETERS = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "sub", "request", "request_uri"})


def parameters_of(claims: dict[str, Any]) -> dict[str, str]:
    """Return the parameters inside a verified object; a number or a JSON value becomes its text.

    `null` counts as left out. Raises RequestRefused for what is too long, and for control characters.
    """
    inside = {
        name: _as_text(value)
        for name, value in claims.items()
        if name not in _NOT_PARAMETERS and value is not None
    }
    refuse_unreadable(inside)
    return inside


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        return json.dumps(value)
    return str(value)
