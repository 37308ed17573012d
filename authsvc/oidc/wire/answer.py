"""The token endpoint's answers; none is ever cached."""

from typing import Any

from django.http import JsonResponse

from authsvc.oidc.tokens.access_token import Binding, Minted
from authsvc.oidc.wire.refusal import RequestRefused


def token_response(content: dict[str, Any], *, status: int = 200) -> JsonResponse:
    """Return a JSON answer that no cache keeps (RFC 6749 section 5.1)."""
    response = JsonResponse(content, status=status)
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


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


def error_response(refused: RequestRefused) -> JsonResponse:
    """Return the refusal as RFC 6749 section 5.2 says."""
    response = token_response(
        {"error": refused.error, "error_description": refused.description}, status=refused.status
    )
    for name, value in refused.headers.items():
        response[name] = value
    return response
