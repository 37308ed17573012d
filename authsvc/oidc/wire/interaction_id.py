"""One id in the logs of both sides for each call of a resource (FAPI 1.0 Baseline section 6.2.1)."""

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse

HEADER = "x-fapi-interaction-id"


def with_interaction_id(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response with the UUID that the caller sent, or with a new one."""
    response[HEADER] = _sent(request) or str(uuid4())
    return response


def _sent(request: HttpRequest) -> str:
    value: str = request.META.get("HTTP_X_FAPI_INTERACTION_ID", "")
    if not value:  # Nearly always; what UUID raises costs more than all the rest.
        return ""
    try:
        return value if str(UUID(value)) == value.lower() else ""
    except ValueError:
        return ""
