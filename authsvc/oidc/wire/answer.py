"""Answers to programs, in JSON."""

from typing import Any

from django.http import JsonResponse

from authsvc.oidc.wire.refusal import RequestRefused


def token_response(content: dict[str, Any], *, status: int = 200) -> JsonResponse:
    """Return a JSON answer that no cache keeps, old ones neither (RFC 6749 section 5.1)."""
    response = JsonResponse(content, status=status)
    response["Pragma"] = "no-cache"
    return response


def error_response(refused: RequestRefused) -> JsonResponse:
    """Return the refusal as RFC 6749 section 5.2 says."""
    response = token_response(
        {"error": refused.error, "error_description": refused.description}, status=refused.status
    )
    for name, value in refused.headers.items():
        response[name] = value
    return response
