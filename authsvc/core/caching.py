"""Whether answers may be kept: by nobody, unless a view says otherwise itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]
_HEADER = "Cache-Control"


def never_stored(get_response: Answer) -> Answer:
    """Middleware that lets no cache keep an answer (RFC 9111 section 5.2.2.5) whose view has said nothing.

    What is public says so by `public_for`; files that never change are answered before it gets here.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(_HEADER, "no-store")
        return response

    return answered


def public_for(response: HttpResponse, seconds: int) -> HttpResponse:
    """Let any cache keep an answer for some seconds, and return it."""
    response.headers[_HEADER] = f"public, max-age={seconds}"
    return response
