"""Requests that other sites post."""

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect

from authsvc.tenancy.middleware import TenantRequest

_LONGEST_QUERY = 3000


def as_get(request: TenantRequest) -> HttpResponse | None:
    """Return a redirect to the same request as a top-level GET, or None where it would be too long.

    A browser does not send a SameSite=Lax cookie with another site's POST, so the session would not be
    seen; the GET brings it along.
    """
    query = urlencode([(name, value) for name in request.POST for value in request.POST.getlist(name)])
    if len(query) > _LONGEST_QUERY:
        return None
    response = HttpResponseRedirect(f"{request.path}?{query}")
    response.status_code = 303
    return response
