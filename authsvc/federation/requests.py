"""Asking a tenant's own provider to sign somebody in (OpenID Connect Core section 3.1.2.1), with PKCE."""

import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from authsvc.core.ids import b64u
from authsvc.federation.metadata import OutsideProvider


def address_to_go_to(provider: OutsideProvider, asked: Mapping[str, str], *, verifier: str) -> str:
    """Return where the browser goes; `verifier` stays here until the code is redeemed (RFC 7636)."""
    query = {
        "response_type": "code",
        "code_challenge": b64u(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
        **asked,
    }
    joined = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{joined}{urlencode(query)}"
