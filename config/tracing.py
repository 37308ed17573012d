"""An attempt is one trace, from the authorization request to the worker's verdict (docs/adr/0504).

Off where VISOR_TRACE_URL is empty. A request, or a task, is a span of the attempt that its lines in the log
name (config/requestids.py); what belongs to none is not traced. A span says route, method and status, or the
task, and the request's number: nothing of a person.
"""

from collections.abc import Callable
from functools import cache
from os import getpid
from time import time_ns
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from config.measured import route_of
from config.requestids import REQUEST, TRANSACTION, carried

# By its name: its packages are installed only where traces are wanted.
_SENDING: Final = "config.otlp.sending"


@cache
def _spans(_process: int) -> Any:
    return import_string(_SENDING)(settings.TRACE_URL, ",".join(settings.ROLES))


def traced(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that writes a span for each request of an attempt."""
    if not settings.TRACE_URL:
        raise MiddlewareNotUsed("nobody is told of traces")

    def answered(request: HttpRequest) -> HttpResponse:
        began = time_ns()
        response = get_response(request)
        route = route_of(request)
        said: dict[str, str | int] = {
            "http.request.method": str(request.method),
            "http.route": route,
            "http.response.status_code": response.status_code,
        }
        _write(f"{request.method} {route}", began, said, served=True)
        return response

    return answered


def trace_task(name: str, began: int) -> None:
    """Write the span of a task that ends now, where it belonged to an attempt; `began` as `time_ns`."""
    if settings.TRACE_URL:
        _write(name, began, {}, served=False)


def _write(name: str, began: int, said: dict[str, str | int], *, served: bool) -> None:
    known = carried()
    if TRANSACTION in known:
        more = {"visor.request": known[REQUEST]} if REQUEST in known else {}
        # Of this process: what has forked has no thread that sends.
        _spans(getpid()).write(name, known[TRANSACTION], began=began, said=said | more, served=served)
