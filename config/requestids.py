"""A number for each request, by which its lines in every process's log are found.

It comes from the proxy before us where that gives one, and goes back with the answer. A request that names an
attempt in its path is known by the attempt's id too, and whatever it queues by both (config/celery.py).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from authsvc.core.ids import new_id

REQUEST: Final = "request"
TRANSACTION: Final = "transaction"
CARRIED: Final = (REQUEST, TRANSACTION)
"""What a message takes along."""
_HEADER: Final = "X-Request-Id"
_GIVEN: Final = "HTTP_X_REQUEST_ID"
_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIds:
    """Middleware that gives a request its number, before anything else is asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request under its number."""
        # Not by its headers, of which Django makes a mapping of their own for each request.
        given = request.META.get(_GIVEN, "")
        number = given if is_id(given) else new_id()
        clear_contextvars()
        bind_contextvars(**{REQUEST: number})
        response = self.get_response(request)
        response.headers[_HEADER] = number
        return response

    def process_view(
        self, _request: HttpRequest, _view: object, _args: object, kwargs: Mapping[str, Any]
    ) -> None:
        """Note the attempt that the path names."""
        if is_id(kwargs.get("txn")):
            bind_contextvars(**{TRANSACTION: kwargs["txn"]})


def is_id(given: object) -> bool:
    """Whether this can stand in a log as an id: short, and of letters, digits, dots and dashes alone."""
    return isinstance(given, str) and _ID.fullmatch(given) is not None


def carried() -> dict[str, str]:
    """Return the ids under which this code runs, for a message."""
    known = get_contextvars()
    return {name: known[name] for name in CARRIED if name in known}


def take_up(given: object) -> None:
    """Go on under the ids of a message, and of no other; what is none is left out."""
    clear_contextvars()
    found = given if isinstance(given, dict) else {}
    bind_contextvars(**{name: found[name] for name in CARRIED if is_id(found.get(name))})
