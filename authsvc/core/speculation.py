"""Pages that a browser fetches before anybody asks for them: refused, since a page may use something up."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]
# The first as the Fetch Standard names it (section "`Sec-Purpose` header"), and what older browsers send.
_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")


def never_ahead(get_response: Answer) -> Answer:
    """Middleware that answers a prefetch or prerender with 503, after which a browser asks again in earnest.

    The way back to a relying party hands out the one code of a sign-in: fetched ahead, it would be gone when
    the person gets there.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=503) if is_ahead(request) else get_response(request)

    return answered


def is_ahead(request: HttpRequest) -> bool:
    """Whether the browser says that nobody has asked for this page yet."""
    return any("prefetch" in request.META.get(name, "").lower() for name in _HEADERS)
