"""A calm page whenever a sign-in ends here; the precise reason goes to the log."""

import logging
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from .refused import Declined, NotReached, ProviderUnreachable, Refused

logger = logging.getLogger(__name__)
TEMPLATES = ["sign_in_problem.html", "rp_client/sign_in_problem.html"]
PAGES: dict[type[Refused], tuple[str, int]] = {
    ProviderUnreachable: ("unreachable", 503),
    Declined: ("declined", 200),
    NotReached: ("not-reached", 200),
}


class RefusalPage:
    """Turn Refused into the site's template `sign_in_problem.html`, or ours; either gets `kind`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponseBase | None:
        if not isinstance(problem, Refused):
            return None
        logger.warning("sign-in refused: %s", problem.reason)
        kind, status = _kind(problem)
        response = render(request, TEMPLATES, {"kind": kind}, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response


def _kind(problem: Refused) -> tuple[str, int]:
    for cause, page in PAGES.items():
        if isinstance(problem, cause):
            return page
    return "refused", 400
