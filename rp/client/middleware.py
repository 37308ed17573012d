"""A calm page whenever a sign-in ends here; the precise reason goes to the log."""

import logging
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from rp.client.refused import Declined, ProviderUnreachable, Refused

logger = logging.getLogger(__name__)


class RefusalPage:
    """Turn Refused into the template `sign_in_problem.html`, which gets `kind`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponseBase | None:
        if not isinstance(problem, Refused):
            return None
        logger.warning("sign-in refused: %s", problem.reason)
        kind, status = _kind(problem)
        response = render(request, "sign_in_problem.html", {"kind": kind}, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response


def _kind(problem: Refused) -> tuple[str, int]:
    if isinstance(problem, ProviderUnreachable):
        return "unreachable", 503
    return ("declined", 200) if isinstance(problem, Declined) else ("refused", 400)
