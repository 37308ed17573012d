"""What the token endpoint's successful answers say of their tokens (RFC 6749 section 5.1)."""

from typing import Any

from authsvc.oidc.tokens.access_token import Binding, Minted


def token_content(minted: Minted, *, scope: str, binding: Binding) -> dict[str, Any]:
    """Return what every successful answer says of its tokens."""
    access = minted.rows[0]
    content = {
        "access_token": minted.access,
        "token_type": binding.token_type,
        "expires_in": int((access.expires_at - access.issued_at).total_seconds()),
        "scope": scope,
    }
    if minted.refresh:
        content["refresh_token"] = minted.refresh
    return content
