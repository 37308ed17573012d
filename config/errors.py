"""What people see where no view answered: a calm page for each kind of error, always with a way on."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import get_template
from django.urls import is_valid_path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from authsvc.capture.ways import Way, start_page
from authsvc.keys.outages import is_outage
from authsvc.tenancy.models import Tenant

_PORTAL = "/portal/"
# Seconds, after which whoever could not be answered may come again.
_SOON = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return _page(request, "400.html", 400, ways_from(request))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return _page(request, "403.html", 403, ways_from(request))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return _page(request, "404.html", 404, ways_from(request))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without the request's context, any part of which may be what failed.

    Where it was the database or the key service, it is 503: whoever comes again may find it.
    """
    if is_outage(sys.exc_info()[1]):
        return unavailable(request)
    again = [Way(_("Try again"), request.path)] if request.method == "GET" else []
    context = {"ways": [*again, *ways_from(request)]}
    return HttpResponse(get_template("500.html").render(context), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 without asking the database: a page for people, JSON for programs."""
    if "text/html" in request.headers.get("Accept", ""):
        again = [Way(_("Try again"), request.path)] if request.method == "GET" else []
        page = get_template("503.html").render({"ways": again})
        response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        said = gettext("This does not work at the moment. Please try again soon.")
        content = {"error": "temporarily_unavailable", "message": said, "retry_after": _SOON}
        response = JsonResponse(content, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(_SOON)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that was open for too long, and lead back to its page."""
    return _page(request, "403_csrf.html", 403, [*_form_again(request), *ways_from(request)])


def with_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that gives people a page where a bookmark or a typed address leads to what only forms send.

    Programs keep the empty answer.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or not request.accepts("text/html"):
            return response
        page = _page(request, "405.html", 405, ways_from(request))
        page.headers["Allow"] = response.headers["Allow"]
        return page

    return answered


def ways_from(request: HttpRequest) -> list[Way]:
    """Return the ways on from wherever a path belongs: the portal's, or the tenant's own page for people."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    if getattr(request, "astray", None) is not None:
        return []
    if request.path.startswith("/t/"):
        return start_page(tenant) if tenant is not None else []
    offered = is_valid_path(_PORTAL) and request.path != _PORTAL
    return [Way(_("Back to the portal"), _PORTAL)] if offered else []


def _form_again(request: HttpRequest) -> list[Way]:
    origin, path = settings.BASE_URL, urlsplit(request.headers.get("Referer", ""))
    own = f"{path.scheme}://{path.netloc}" in {origin, f"{request.scheme}://{request.get_host()}"}
    shown = own and is_valid_path(path.path)
    return [Way(_("Open the page again"), path._replace(scheme="", netloc="").geturl())] if shown else []


def _page(request: HttpRequest, template: str, status: int, ways: list[Way]) -> HttpResponse:
    return HttpResponse(get_template(template).render({"ways": ways}, request), status=status)
